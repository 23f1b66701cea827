package cloud

import "google.golang.org/grpc"

// Paced is what every gRPC call goes through.
func (c *Clients) Paced(service string) grpc.UnaryClientInterceptor { return c.paced(service) }

// Unbuilt is the error of a client that there is not.
func Unbuilt(err error) error { return unbuilt{err} }

// Turn takes the turn of a request that is not made.
func (c *Clients) Turn(service string) { c.turn(c.limit(service)) }
