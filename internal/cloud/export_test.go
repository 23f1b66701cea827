package cloud

import "google.golang.org/grpc"

// Paced is what every gRPC call goes through.
func (c *Clients) Paced(service string) grpc.UnaryClientInterceptor { return c.paced(service) }

// Turn takes the turn of a request that is not made.
func (c *Clients) Turn(service string) { c.turn(c.limit(service)) }
