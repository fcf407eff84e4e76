// Sends one call of each type through @segment/analytics-react-native, and goes on until
// it is ended, as an app does. SENDER_SETTINGS is JSON: more settings of the library.
import "react-native-get-random-values"; // first, as in an app
import { createClient } from "@segment/analytics-react-native";

const fake = process.env.SEGMENT_HOST;
const writeKey = process.env.SEGMENT_WRITE_KEY;
const kept = new Map();
const settings = {
  ...JSON.parse(process.env.SENDER_SETTINGS ?? "{}"),
  trackAppLifecycleEvents: false,
  storePersistor: { get: async (key) => kept.get(key), set: async (key, value) => void kept.set(key, value) },
};

// README
const client = createClient({
  ...settings,
  writeKey,
  proxy: `${fake}/v1`, // fake: http://127.0.0.1:8765
  cdnProxy: `${fake}/v1`,
  useSegmentEndpoints: true,
  allowInsecureProxy: true, // without it, events go to Segment itself
});
// end

await client.alias("u-1");
await client.identify("u-1", { plan: "pro", seats: 12 });
await client.track("tutorial.interaction", {
  tutorialId: 7, segmentId: "s-1", portalId: 3, versionId: "v-1", eventName: "opened",
});
await client.screen("tutorial.view", { tutorialId: 7, segmentId: "s-1", portalId: 3, versionId: "v-1" });
await client.group("g-1", { employees: 40 });
