// validateEvent is segproofValidate: the findings about an event that are at least that
// grave.
function validateEvent(event, least) {
  const most = grades.indexOf(least === undefined ? "error" : least);
  if (most < 0) throw new TypeError("segproofValidate: want one of " + grades.join(", ") + ", got " + least);
  return review(event).filter((f) => grades.indexOf(f.severity) <= most);
}
