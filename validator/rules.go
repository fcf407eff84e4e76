package validator

import (
	"sync"

	"segproof/finding"
)

// The IDs of the validator's rules, for the code that raises them. What each means
// stands in Rules.
const (
	ruleBadRequest          = "bad-request"
	ruleMissingType         = "missing-type"
	ruleInvalidType         = "invalid-type"
	ruleNoUserAnonID        = "no-user-anon-id"
	ruleIDRequired          = "id-required"
	ruleIDNotString         = "id-not-string"
	ruleEventNotDefined     = "event-not-defined"
	ruleEventNotString      = "event-not-string"
	ruleNameNotString       = "name-not-string"
	ruleCategoryNotString   = "category-not-string"
	rulePropertiesNotObject = "properties-not-object"
	ruleTraitsNotObject     = "traits-not-object"
	ruleConsentMissing      = "consent-categorypreferences-should-exist"
	ruleConsentNotObject    = "consent-categorypreferences-fields-should-be-object"
	ruleConsentNotBool      = "consent-categorypreferences-fields-should-be-bool"
	ruleConsentVersion      = "consent-version-should-be-number"
	ruleAdvertisingID       = "device-advertisingid-should-be-string"

	ruleEventTooLarge       = "event-too-large"
	ruleBatchTooLarge       = "batch-too-large"
	ruleTooManyEvents       = "too-many-events"
	ruleTooManyProperties   = "too-many-properties"
	ruleMessageIDTooLong    = "message-id-too-long"
	ruleDuplicateMessageID  = "duplicate-message-id"
	ruleTimestampNotISO8601 = "timestamp-not-iso8601"
	ruleAliasToSelf         = "alias-to-self"
	ruleTooDeep             = "too-deep"
	ruleNumberOutOfRange    = "number-out-of-range"
	ruleDuplicateKey        = "duplicate-key"
	ruleInvalidUTF8         = "invalid-utf8"

	ruleUnplannedEvent      = "unplanned-event"
	ruleUnplannedProperty   = "unplanned-property"
	ruleAdditionalProperty  = "additional-property"
	ruleTypeMismatch        = "type-mismatch"
	ruleMissingProperty     = "missing-property"
	ruleMissingDependency   = "missing-dependency"
	ruleUnplannedItem       = "unplanned-item"
	ruleValueNotAllowed     = "value-not-allowed"
	ruleFormatMismatch      = "format-mismatch"
	rulePatternMismatch     = "pattern-mismatch"
	ruleStringLength        = "string-length"
	ruleNumberRange         = "number-range"
	ruleNotMultiple         = "not-multiple"
	ruleItemCount           = "item-count"
	ruleItemsNotUnique      = "items-not-unique"
	ruleContainsMismatch    = "contains-mismatch"
	rulePropertyCount       = "property-count"
	rulePropertyName        = "property-name"
	ruleContentMismatch     = "content-mismatch"
	ruleSeveralAlternatives = "several-alternatives"
	ruleForbiddenValue      = "forbidden-value"
	ruleValidatorFailed     = "validator-failed"

	ruleContractInvalid    = "contract-invalid"
	ruleContractTooComplex = "contract-too-complex"
	ruleRefOutside         = "ref-outside"
	rulePatternUnsupported = "pattern-unsupported"
	ruleNoIdentity         = "no-identity"
	ruleDuplicateIdentity  = "duplicate-identity"
	ruleExampleFails       = "example-fails"
	ruleMisspeltKeyword    = "misspelt-keyword"
	ruleMisspeltField      = "misspelt-field"
	ruleKeywordIgnored     = "keyword-ignored"
	ruleRequiredUndeclared = "required-undeclared"
	ruleColumnCollision    = "column-collision"

	ruleWaiverExpired    = "waiver-expired"
	ruleWaiverStale      = "waiver-stale"
	ruleBaselineVanished = "baseline-vanished"
)

// Rules returns every rule that the validator can raise, wire first, then the keywords
// of contracts, then the contracts themselves, then the policy.
func Rules() []finding.Rule {
	var all []finding.Rule
	for _, table := range [][]finding.Rule{ingestRules(), ingestContentRules(), limitRules(), keywordRules(), structureRules(), catalogRules(), policyRules()} {
		all = append(all, table...)
	}
	return all
}

// severities is every rule's own severity, by ID; made once, when first asked for.
var severities = sync.OnceValue(func() map[string]finding.Severity {
	byID := map[string]finding.Severity{}
	for _, r := range Rules() {
		byID[r.ID] = r.Severity
	}
	return byID
})

// severityOf returns the severity that a rule has by itself.
func severityOf(rule string) finding.Severity { return severities()[rule] }
