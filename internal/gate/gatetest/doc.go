// Package gatetest is the exam of a gate kind: what every source of measurements
// promises, asked of each of them over its vendor's real wire.
//
//	func TestExam(t *testing.T) { gatetest.Run(t, Kind(), newHarness) }
//
// A kind brings a Harness: a vendor that is told what happened, its own clock,
// and a source that was opened through the kind's block. The exam knows no kind
// and no vendor. The names of its tests are the promises.
package gatetest
