package aws

// rotation is whose turn it is among a group's targets.
type rotation struct{ next int }
