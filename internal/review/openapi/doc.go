// Package openapi compares descriptions of an API: what serves now, what is to
// serve, and what a new client was made for.
//
// While old and new revisions serve side by side, and for as long as a roll-back
// must remain possible, requests meet either of them:
//
//	             the API that serves now     the API of the candidate
//	old clients  (as ever)                   live → candidate
//	new client   client → live               (as tested)
//
// Both marked cells are asked of oasdiff (https://github.com/oasdiff/oasdiff),
// in the one direction that it knows: whether whoever was made for the first
// description is served by the second.
//
// # What oasdiff would let pass
//
//   - A response property that is no longer sent is told only where the schema
//     lists it as required, and most schemas list nothing there. Here it is an
//     error (Stricter has all such levels).
//   - A description in Swagger 2.0 is read as one that describes nothing. Here a
//     description that is not in OpenAPI 3.0 to 3.2, or has no operation, is
//     refused.
//   - A rule that does not exist ends the process. Rules are looked up before.
//   - Operations marked as alpha or draft are left out, and those that go together
//     with their path even where they were asked for. Here everything counts,
//     unless it is said otherwise.
//   - To a new client an operation is not there, whatever its marks say.
//
// # What is not seen
//
// What no description says: semantics, limits, the order of things, and whether
// the description is true. Addresses of servers are not compared. A reference may
// lead to files beside the description and below; nothing is ever fetched.
package openapi
