// most is how many findings of one event are kept: the gravest.
const most = maxFindings;

const reported = "Violation Generated";
const endpoint = "https://api.segment.io/v1/track";
const maxWait = 2000;

function textOf(v) { return typeof v === "string" ? v : ""; }

// reportOf is the track call that Segment itself makes of a violation. What it says of
// sources and of the tracking plan in Segment, a function cannot know.
function reportOf(event, violations) {
  const context = isObject(event.context) ? event.context : {};
  const { type, name } = identity(event);
  const all = violations.map(violation);
  const id = textOf(event.messageId);
  return {
    type: "track", event: reported, userId: "schema-violations",
    messageId: id === "" ? undefined : "segproof-" + id.slice(0, 80),
    timestamp: new Date().toISOString(),
    integrations: {},
    context: { app: context.app === undefined ? null : context.app, library: context.library === undefined ? null : context.library },
    properties: {
      appVersion: isObject(context.app) ? textOf(context.app.version) : "",
      eventMessageID: id, eventName: name, eventSentAt: textOf(event.sentAt), eventTimestamp: textOf(event.timestamp), eventType: type,
      trackingPlanID: table.hash, trackingPlanName: "segproof",
      violationDescription: all[0].description, violationField: all[0].field, violationType: all[0].type,
      violations: all,
    },
  };
}

// send posts a report. It never fails: the event must go on.
async function send(report, settings) {
  const chosen = settings || {};
  if (!chosen.violationsWriteKey) {
    console.error("segproof: the setting violationsWriteKey is empty: a violation is not reported");
    return;
  }
  let timer;
  const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error("no answer in time")), maxWait); });
  try {
    const request = fetch(chosen.violationsEndpoint || endpoint, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: "Basic " + btoa(chosen.violationsWriteKey + ":") },
      body: JSON.stringify(report),
    });
    const response = await Promise.race([request, late]);
    if (!response.ok) console.error("segproof: the report of a violation was answered with " + response.status);
  } catch (error) {
    console.error("segproof: the report of a violation failed: " + error.message);
  } finally {
    clearTimeout(timer);
  }
}

// What is wrong with a report is not reported: that would have no end.
async function act(event, violations, findings, settings) {
  const call = isObject(event) ? event : {};
  if (violations.length > 0 && call.event !== reported) await send(reportOf(call, violations), settings);
  return event;
}
