// most is how many findings of one event are kept: the gravest.
const most = maxFindings;

function act(event, violations) {
  if (violations.length === 0) return event;
  const error = new ValidationError(told(event, violations));
  error.findings = violations;
  throw error;
}
