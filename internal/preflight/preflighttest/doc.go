// Package preflighttest is the exam of a preflight kind: what every check
// promises, asked of each of them over its vendor's real wire.
//
//	func TestExam(t *testing.T) { preflighttest.Run(t, Kind(), newHarness) }
//
// A kind brings a Harness: a world in which the thing is there, and ways to take
// it away. The exam knows no kind and no vendor. The names of its tests are the
// promises.
package preflighttest
