package inclusion

import "segproof/validator"

// From returns a schema that was put together of documents.
func From(judge *validator.Schema) (*Schema, error) { return newSchema(judge) }
