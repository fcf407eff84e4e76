package event

// MaxEventBytes is the largest event, in bytes, that Segment takes. A larger single
// call is answered with 400 Bad Request; a larger event in a batch is answered with
// 200 and dropped. The page says 32KB; a KB is read as 1024 bytes, which is the
// lenient reading (analytics-go itself stops at 32,000).
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size
const MaxEventBytes = 32 << 10

// MaxBatchBytes is the largest body, in bytes, that Segment takes on /v1/batch. It
// answers a larger one with 400 Bad Request. The page says 500KB, read as 500 * 1024.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api/#batch
const MaxBatchBytes = 500 << 10

// MaxBatchEvents is the largest number of events in one batch. Segment answers a
// longer one with 200 and does not take it.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api/#batch
const MaxBatchEvents = 2500

// MaxMessageIDChars is the length, in characters, from which on Segment does not take
// a messageId: it must be shorter than this.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api/#errors
const MaxMessageIDChars = 100

// MaxProperties is the number of properties of one event that Segment stores; the rest
// is not persisted.
//
// Source: segment.com/docs/connections/rate-limits/
const MaxProperties = 10_000

// MaxDepth is how deeply arrays and objects of one event may nest. Segment documents
// no limit; this one is ours, so that no event can cost more than its size.
const MaxDepth = 64
