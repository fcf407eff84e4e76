// One call of each type, through the library's object or its stub. alias comes first:
// once a user is identified, analytics-next 1.84 sends that user's ID as alias's userId.
function sendAll(analytics) {
  return Promise.all([
    analytics.alias("u-1", "visitor-1"),
    analytics.identify("u-1", { plan: "pro", seats: 12 }),
    analytics.track("tutorial.interaction", {
      tutorialId: 7, segmentId: "s-1", portalId: 3, versionId: "v-1", eventName: "opened",
    }),
    analytics.page("Docs", { section: "start" }),
    analytics.screen("tutorial.view", { tutorialId: 7, segmentId: "s-1", portalId: 3, versionId: "v-1" }),
    analytics.group("g-1", { employees: 40 }),
  ]);
}
