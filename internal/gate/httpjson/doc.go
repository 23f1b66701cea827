// Package httpjson is the gate kind "http_json": a number that stands somewhere
// in the JSON of any address. It is for the monitoring systems that have no kind
// of their own, and for numbers that no monitoring system has, such as how many
// reports users have sent.
//
//	value    the number at a path of the answer; of a list, with length, how long it is
//	samples  the number at another path; 1 without one
//
// # The window is honoured by the address
//
// {{start}} and {{end}} stand for the window, [start, end), in RFC 3339 and UTC;
// {{start_unix}} and {{end_unix}} in seconds since 1970, {{window}} for its length
// in seconds. The window is cut to whole seconds, inwards, so that nothing before
// it is seen; what is left of less than a second is no data. An address that
// names none of them has to answer of the moment.
//
// {{revision}}, {{service}}, {{location}}, {{project}}, {{content}} and {{image}}
// are what the platform calls the revision. Each is escaped for where it stands:
// path, query or body. Terraform keeps ${…} for itself.
//
// # What is no data
//
// A path that leads nowhere, null, a number that is too large to be one, and
// fewer samples than one. Anything else than a number at the path is an error,
// and so is every answer but one of 200 to 299: a redirect is not followed, for
// credentials would go along.
//
// # What it cannot do
//
// It reads one answer of 1 MiB at most, and no further pages. It does not know
// how late data are: delay says so.
//
// # Credentials
//
// They come from a write-only attribute or from environment variables, and never
// go over plain http to another machine. What is answered is not quoted, but for
// its status; nor is the query of an address, in which people put keys.
//
// # Where the rules come from
//
//   - JSON: https://www.rfc-editor.org/rfc/rfc8259
//   - Times: https://www.rfc-editor.org/rfc/rfc3339
package httpjson
