// Package livetraffic is users: real clients over real HTTP, at work while
// somebody moves the traffic under them.
//
//	short    a client that keeps its connection, and sends one request after the
//	         other: GET and POST in turn
//	long     a request whose answer takes seconds
//	stream   server-sent events, read to their final one
//	socket   a websocket that sends messages and reads each of them back, and is
//	         closed in order
//	visit    a browser that keeps its cookies, asks for one page after the other
//	         and at last for one that takes seconds: where a service keeps its
//	         visitors at one revision, all of them are of that one
//
// Each of these counts as one request from its beginning to its end, a stream of
// fifty events and a visit to ten pages too. Every request that was started ends in one bucket: served,
// failed, or abandoned. Abandoned are those that this side gave up because the
// whole load was broken off; Stop abandons nothing, it starts no more and waits
// for what is under way.
//
// # What counts as failed
//
// Whatever a user would call so, and a little more. See Cause, the one place
// where it is decided: no answer, an answer other than 2xx, one that was cut
// short, one that is not what was asked for. Go's HTTP client sends a GET again,
// without a word, when the connection that it had kept is closed on it; a user's
// client might not, so that counts as failed as well. A websocket has failed unless
// the client itself has closed it: one that is closed in order by a server which is
// being stopped is cut short, as is one that only ends.
//
// A revision that answers 500 by itself fails requests too, and they count: this
// package does not know whose fault it was.
package livetraffic
