// The page's own code, bundled with the library from npm. The page's query says where
// the fake is, and which options the library is to have.
import { AnalyticsBrowser } from "@segment/analytics-next";

const query = new URLSearchParams(location.search);
const [writeKey, fake] = [query.get("key"), query.get("fake")];
const options = JSON.parse(query.get("options") ?? "{}");

// README
const analytics = AnalyticsBrowser.load({ writeKey, cdnURL: fake }, options); // fake: http://127.0.0.1:8765
// end

window.sent = sendAll(analytics);
