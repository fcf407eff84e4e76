function act(event, violations) {
  note(event, "violations", violations.map(violation));
  return event;
}
