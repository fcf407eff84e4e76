// most is how many findings of one event are kept: the gravest.
const most = maxFindings;

function act(event, violations) {
  note(event, "violations", violations.map(violation));
  return event;
}
