function act(event, violations) {
  if (violations.length > 0) throw new DropEvent(told(event, violations));
  return event;
}
