package importer

import (
	"sync"

	"segproof/finding"
)

// The IDs of the importer's rules, for the code that raises them. What each means stands
// in Rules.
const (
	ruleUnboundTable       = "unbound-table"
	ruleNoEventList        = "no-event-list"
	ruleUnreadableTable    = "unreadable-table"
	ruleNotAMessageSource  = "not-a-message-source"
	ruleSourceTooLarge     = "source-too-large"
	ruleRaggedRow          = "ragged-row"
	ruleHeaderMissing      = "header-missing"
	ruleHeaderMislabelled  = "header-mislabelled"
	ruleEmptyName          = "empty-name"
	ruleCallAssumed        = "call-assumed"
	ruleCallAmbiguous      = "call-ambiguous"
	ruleCallUnknown        = "call-unknown"
	ruleEventNameCase      = "event-name-case"
	ruleHeadingMismatch    = "event-heading-mismatch"
	ruleEventCompound      = "event-compound"
	ruleEventTemplate      = "event-template"
	ruleEventDuplicate     = "event-duplicate"
	ruleEventAnnotation    = "event-annotation"
	rulePropertyDuplicate  = "property-duplicate"
	rulePropertyNameSpace  = "property-name-space"
	rulePropertyWildcard   = "property-wildcard"
	rulePropertyMultiName  = "property-multi-name"
	ruleEnvelopeName       = "envelope-name"
	ruleTypeUnknown        = "type-unknown"
	ruleTypeAmbiguous      = "type-ambiguous"
	ruleTypeConflict       = "type-conflict"
	ruleDescriptionClash   = "description-conflict"
	ruleSampleInvalid      = "sample-invalid-json"
	ruleSampleVsTable      = "sample-vs-table"
	ruleSampleUndocumented = "sample-undocumented"
	ruleSampleEnvelope     = "sample-envelope"
	ruleProseVsType        = "prose-vs-type"
	ruleTemplateText       = "template-text"
	ruleOverviewVsTable    = "overview-vs-table"
	ruleTypeMissing        = "type-missing"
	ruleRequiredUnknown    = "required-unknown"
	rulePropertyAnnotation = "property-annotation"
	ruleRequiredUnclear    = "required-unclear"
	ruleConstraintUnread   = "constraint-unread"
	ruleConstraintConflict = "constraint-conflict"
	ruleStruckOut          = "row-struck-out"
	ruleNoProperties       = "event-without-properties"
	rulePathNormalised     = "path-normalised"
	ruleParentImplied      = "parent-implied"
	ruleTableIgnored       = "table-ignored"
	ruleListIgnored        = "list-ignored"
	ruleCommentIgnored     = "comment-ignored"

	ruleDriftEventNew        = "drift-event-new"
	ruleDriftEventRemoved    = "drift-event-removed"
	ruleDriftCall            = "drift-call"
	ruleDriftPropertyNew     = "drift-property-new"
	ruleDriftPropertyRemoved = "drift-property-removed"
	ruleDriftType            = "drift-type"
	ruleDriftEnum            = "drift-enum"
	ruleDriftRequired        = "drift-required"
	ruleDriftUndocumented    = "drift-undocumented"
	ruleDriftOtherSource     = "drift-other-source"
	ruleDriftDescription     = "drift-description"
	ruleContractChanged      = "contract-changed"
	ruleHandMadeKept         = "hand-made-kept"
	ruleFixtureStale         = "fixture-stale"
	ruleHandMadeLost         = "hand-made-lost"
)

// Rules returns every rule that the importer can raise: about pages, errors first, then
// about the drift between a source and its contracts.
func Rules() []finding.Rule {
	var all []finding.Rule
	for _, table := range [][]finding.Rule{tableRules(), eventRules(), propertyRules(), sampleRules(), noteRules(), driftRules(), planRules(), trafficRules()} {
		for _, r := range table {
			r.Layer = finding.Source
			all = append(all, r)
		}
	}
	return all
}

// severities is every rule's severity, by ID; made once, when first asked for.
var severities = sync.OnceValue(func() map[string]finding.Severity {
	byID := map[string]finding.Severity{}
	for _, r := range Rules() {
		byID[r.ID] = r.Severity
	}
	return byID
})

func severityOf(rule string) finding.Severity { return severities()[rule] }

// tableRules are about tables that cannot be used as they stand.
func tableRules() []finding.Rule {
	return []finding.Rule{
		{ID: ruleUnboundTable, Title: "a table of properties belongs to no event",
			Why: "Neither its heading nor the text above it names an event. Nothing is dropped silently: name the event in the heading, or write that the table is for all events."},
		{ID: ruleNoEventList, Severity: finding.Warning, Title: "the page documents no event",
			Why: "There is no table with a column of events, and no heading of an event with properties or a sample below it. If nothing else is wrong, nothing was checked: exit code 3."},
		{ID: ruleUnreadableTable, Title: "a table cannot be read",
			Why: "It has rows, and no cell of them can be a name. What it documents is not in the contracts."},
		{ID: ruleNotAMessageSource, Title: "the page documents objects, not events",
			Why: "An object source puts its collections into the warehouse; they are no calls, and cannot be sent to destinations. Source: segment.com/docs/connections/sources/#object-cloud-sources"},
		{ID: ruleSourceTooLarge, Title: "the page has more than can be taken",
			Why: "The numbers of tables, events and properties of one page are bounded, so that no page takes the memory of the machine."},
		{ID: ruleRaggedRow, Severity: finding.Warning, Title: "a row has other cells than its header",
			Why: "A pipe in a cell must be written \\|; else the cells after it move. Markdown drops surplus cells without a word; here they are read as far as they can be."},
		{ID: ruleHeaderMissing, Severity: finding.Warning, Title: "a table has no header",
			Why: "What its columns mean is guessed from where it stands and from what is in them."},
		{ID: ruleHeaderMislabelled, Severity: finding.Warning, Title: "a header says something else than the column holds",
			Why: "A column of events is called properties, or the other way round. The heading above the table decides."},
		{ID: ruleListIgnored, Severity: finding.Warning, Title: "a list that may be of properties was not read",
			Why: "It stands where the properties of an event do, and its items are no properties as they are written: - `name` (type, required): description. What it documents is in no contract."},
		{ID: ruleEmptyName, Severity: finding.Warning, Title: "a row has no name",
			Why: "It goes on with the description of the row above it, as far as one can see."},
	}
}

// eventRules are about events: their names and calls.
func eventRules() []finding.Rule {
	return []finding.Rule{
		{ID: ruleCallAssumed, Severity: finding.Warning, Title: "the page does not say which call an event is",
			Why: "It is taken for a track call. A page or screen event carries its name elsewhere, so that a wrong guess makes a contract that no event reaches."},
		{ID: ruleCallAmbiguous, Severity: finding.Warning, Title: "the page names several calls for one event",
			Why: "A sentence that names several methods, or leaves the choice to the reader, is no evidence for one."},
		{ID: ruleCallUnknown, Severity: finding.Warning, Title: "a column of calls names none",
			Why: "It is a slip, or a call that Segment does not have. Which call the event is, is then decided by the rest of the page. Source: segment.com/docs/connections/spec/"},
		{ID: ruleEventNameCase, Severity: finding.Warning, Title: "an event is written in two ways that differ in case",
			Why: "Segment compares names exactly: casing, spacing and spelling matter. The sample's way is taken. Source: segment.com/docs/protocols/tracking-plan/create/"},
		{ID: ruleHeadingMismatch, Severity: finding.Warning, Title: "the heading over an event's table is not the event's name",
			Why: "The table was bound by something else: a link, an alias, a part of the name. Look whether it was meant so."},
		{ID: ruleEventCompound, Severity: finding.Warning, Title: "one row names several events",
			Why: "Only where each part is an event of the Segment Spec is the row split; else it is kept as one name, which nobody may send."},
		{ID: ruleEventTemplate, Severity: finding.Warning, Title: "an event's name is a template",
			Why: "A contract is for one name. The name that stands here has a part that the sender fills in."},
		{ID: ruleEventDuplicate, Severity: finding.Warning, Title: "an event is listed twice",
			Why: "There can be one contract for it only; what both rows say is joined."},
		{ID: ruleEventAnnotation, Severity: finding.Warning, Title: "an event's name has a note in it",
			Why: "(coming soon) and (v2) are not part of what is sent; they are taken off."},
	}
}

// propertyRules are about the rows of tables of properties.
func propertyRules() []finding.Rule {
	return []finding.Rule{
		{ID: rulePropertyDuplicate, Severity: finding.Warning, Title: "a property is listed twice in one table",
			Why: "The first row counts; if the two disagree, one of them is wrong."},
		{ID: rulePropertyNameSpace, Severity: finding.Warning, Title: "a property's name has a blank that looks like a slip",
			Why: "Names are compared exactly. A blank at the edge is taken off; one inside is kept as written."},
		{ID: rulePropertyWildcard, Severity: finding.Warning, Title: "a property's name stands for many",
			Why: "utm_* or an example in the name's place is no name; the row is not in the contract."},
		{ID: rulePropertyMultiName, Severity: finding.Warning, Title: "one cell names several properties",
			Why: "Each gets the row's type and description."},
		{ID: ruleEnvelopeName, Severity: finding.Warning, Title: "a row names a field of the call itself",
			Why: "userId, timestamp and the like stand beside properties, not in them; the contract has it there. Source: segment.com/docs/connections/spec/common/"},
		{ID: rulePropertyAnnotation, Severity: finding.Warning, Title: "a property's name or type has a note around it",
			Why: "(deprecated), the number of a footnote and the lines of a tree are not part of what is sent; they are taken off. A line of a tree does not say in which property it lies."},
		{ID: ruleRequiredUnclear, Severity: finding.Warning, Title: "a cell says neither yes nor no to whether a property is always there",
			Why: "TBD and sometimes require nothing: a contract that did would refuse what may be right."},
		{ID: ruleConstraintUnread, Severity: finding.Warning, Title: "a cell does not say what its column is for",
			Why: "A column Nullable, Format, Pattern, Minimum, Maximum, Min length, Max length, Range or Allowed values holds something else, or a part of a list: it constrains nothing, for a contract that guessed would refuse what may be right."},
		{ID: ruleConstraintConflict, Severity: finding.Warning, Title: "a column contradicts the type, or another column",
			Why: "A number has no pattern, a text no minimum, and nothing is above 5 and below 3. The contract keeps the type, and leaves the rest out."},
		{ID: ruleStruckOut, Severity: finding.Warning, Title: "a row is struck out",
			Why: "What is struck out is not documented any more. It is not in the contract."},
		{ID: ruleTypeUnknown, Severity: finding.Warning, Title: "a type is no known word",
			Why: "The property is not constrained. JSON Schema knows string, number, integer, boolean, object, array and null."},
		{ID: ruleTypeAmbiguous, Severity: finding.Warning, Title: "a type can be read in several ways",
			Why: "The contract takes the widest reading."},
		{ID: ruleTypeConflict, Severity: finding.Warning, Title: "a property has two types on one page",
			Why: "A warehouse column has one type, that of the first value. Each contract keeps its own table's type."},
		{ID: ruleDescriptionClash, Severity: finding.Warning, Title: "a property means two things on one page",
			Why: "One of the descriptions was probably copied. Consumers read one column and believe one of them."},
		{ID: ruleProseVsType, Severity: finding.Warning, Title: "the description contradicts the type",
			Why: "The contract keeps the table's type."},
		{ID: ruleOverviewVsTable, Severity: finding.Warning, Title: "an overview lists a property that the event's own table does not have, or the other way round",
			Why: "Both are in the contract; one of the two is out of date."},
	}
}

// sampleRules are about the page's own samples.
func sampleRules() []finding.Rule {
	return []finding.Rule{
		{ID: ruleSampleInvalid, Severity: finding.Warning, Title: "a sample is not JSON",
			Why: "Who copies it gets an error. It is not used."},
		{ID: ruleSampleVsTable, Severity: finding.Warning, Title: "a sample breaks its own table",
			Why: "Either the table's type is wrong, or everybody who copied the sample sends events that break the contract. The contract keeps the table's type."},
		{ID: ruleSampleUndocumented, Severity: finding.Warning, Title: "a sample has a property that no table has",
			Why: "It is not in the contract, so that lint calls it unplanned."},
		{ID: ruleSampleEnvelope, Severity: finding.Warning, Title: "a sample is no call that Segment takes",
			Why: "It says action for type or user_id for userId, or has neither userId nor anonymousId. Source: segment.com/docs/connections/spec/common/"},
		{ID: ruleTemplateText, Severity: finding.Warning, Title: "text of the page's template was never filled in",
			Why: "The place where the page should say which method is used still says how to fill it in."},
	}
}

// noteRules are about what a page is silent on.
func noteRules() []finding.Rule {
	return []finding.Rule{
		{ID: ruleTypeMissing, Severity: finding.Info, Title: "a table has properties without a type",
			Why: "They may have any value, so that a contract of names alone comes out. Add a Type column."},
		{ID: ruleRequiredUnknown, Severity: finding.Info, Title: "the page does not say which properties are always there",
			Why: "None is required by the contract then, and a missing one is not found. --required included requires what a page says is included."},
		{ID: ruleNoProperties, Severity: finding.Info, Title: "an event has no documented properties",
			Why: "Its contract holds its name alone."},
		{ID: rulePathNormalised, Severity: finding.Info, Title: "a name was read as a path",
			Why: "products.$.sku, products[].sku and campaign[source] lead into an object or an array."},
		{ID: ruleParentImplied, Severity: finding.Info, Title: "a path leads through a property that has no row",
			Why: "It is in the contract, as the object or array that the path needs."},
		{ID: ruleTableIgnored, Severity: finding.Info, Title: "a table was not read",
			Why: "Its header and its heading speak of neither events nor properties: settings, mappings, limits."},
		{ID: ruleCommentIgnored, Severity: finding.Info, Title: "a comment holds a table or a sample",
			Why: "What is commented out is not documented. It was not read."},
	}
}

// driftRules are about a source and the contracts that were made of it.
func driftRules() []finding.Rule {
	return []finding.Rule{
		{ID: ruleDriftEventNew, Title: "a documented event has no contract",
			Why: "Nothing judges it but the Segment Spec. Import the source again."},
		{ID: ruleDriftEventRemoved, Title: "a contract's event is not documented any more",
			Why: "The contract names this source, and the source has not got the event."},
		{ID: ruleDriftCall, Title: "a source and a contract disagree about the call",
			Why: "No event of the one kind reaches the contract of the other."},
		{ID: ruleDriftPropertyNew, Title: "a documented property is not in the contract",
			Why: "Who sends it as documented gets it called unplanned. Import the source again."},
		{ID: ruleDriftPropertyRemoved, Title: "a property of the contract is not documented any more",
			Why: "An earlier import took it from the source, which has not got it now."},
		{ID: ruleDriftType, Title: "a source and a contract disagree about a type",
			Why: "What is sent as documented fails, or what fails is documented."},
		{ID: ruleDriftEnum, Title: "a source and a contract disagree about the allowed values",
			Why: "What is sent as documented fails, or what fails is documented."},
		{ID: ruleDriftRequired, Title: "a source and a contract disagree about what is always there",
			Why: "A source that never said contradicts no contract; this one says the opposite, or said it once and says it no more."},
		{ID: ruleDriftOtherSource, Title: "two sources document one event, and differ",
			Why: "Its contract was made of the other one. Which of the two is right nobody knows; if each import took the contract over, what it says would depend on which ran last. If it is one source whose file was renamed, --was says what it was."},
		{ID: ruleDriftUndocumented, Severity: finding.Warning, Title: "a property of the contract was never documented",
			Why: "Somebody added it by hand. Document it, so that senders know of it."},
		{ID: ruleDriftDescription, Severity: finding.Info, Title: "a source and a contract describe something in two ways",
			Why: "Nothing breaks. A description that was reworded by hand is kept until its row changes."},
		{ID: ruleContractChanged, Severity: finding.Info, Title: "the import changed a contract",
			Why: "The source says something else now."},
		{ID: ruleHandMadeKept, Severity: finding.Info, Title: "the import kept what the contract says beyond the source",
			Why: "Somebody wrote it by hand, or events that came earlier had it: no sample of events narrows a contract, and what was changed by hand is not changed back."},
		{ID: ruleFixtureStale, Severity: finding.Warning, Title: "a conformance case is not what its source gives any more",
			Why: "An earlier import --fixtures made it, and its event or property is gone or has another type. segproof test still runs it."},
		{ID: ruleHandMadeLost, Severity: finding.Warning, Title: "the import took out what was added by hand",
			Why: "It stood in a property that is gone from the source, or it is an example that the contract refuses now. Put it elsewhere if it is still meant; it is in the last commit."},
	}
}
