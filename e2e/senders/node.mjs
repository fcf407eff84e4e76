// Sends one call of each type through @segment/analytics-node. SENDER_SETTINGS is JSON:
// more settings of the library.
import { Analytics } from "@segment/analytics-node";

const settings = JSON.parse(process.env.SENDER_SETTINGS ?? "{}");

// README
const analytics = new Analytics({
  ...settings,
  host: process.env.SEGMENT_HOST, // http://127.0.0.1:8765
  writeKey: process.env.SEGMENT_WRITE_KEY,
});
// end

const userId = "u-1";
analytics.alias({ userId, previousId: "visitor-1" });
analytics.identify({ userId, traits: { plan: "pro", seats: 12 } });
analytics.track({
  userId,
  event: "tutorial.interaction",
  properties: { tutorialId: 7, segmentId: "s-1", portalId: 3, versionId: "v-1", eventName: "opened" },
});
analytics.page({ userId, name: "Docs", properties: { section: "start" } });
analytics.screen({
  userId,
  name: "tutorial.view",
  properties: { tutorialId: 7, segmentId: "s-1", portalId: 3, versionId: "v-1" },
});
analytics.group({ userId, groupId: "g-1", traits: { employees: 40 } });
await analytics.closeAndFlush();
