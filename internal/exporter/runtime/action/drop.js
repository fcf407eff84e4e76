// most is how many findings of one event are kept: the gravest.
const most = maxFindings;

function act(event, violations) {
  if (violations.length > 0) throw new DropEvent(told(event, violations));
  return event;
}
