// most is how many findings of one event are kept: the gravest.
const most = maxFindings;

// validateEvent is segproofValidate: the findings about an event that are at least that
// grave.
function validateEvent(event, least) {
  const grade = grades.indexOf(least === undefined ? "error" : least);
  if (grade < 0) throw new TypeError("segproofValidate: want one of " + grades.join(", ") + ", got " + least);
  return review(event).filter((f) => grades.indexOf(f.severity) <= grade);
}
