// Package aws is Amazon Web Services on loopback, as far as a rollout can see it:
// a reverse proxy in front of moto_server that adds what AWS does and moto does
// not, and trouble.
//
//	SDK, CLI, Terraform's aws provider
//	   │ JSON, query, REST, CBOR; signed
//	   ▼
//	front.go      which service, which action (protocol.go, actions_*.go)
//	   │
//	gate.go       journal · signature · rate · IAM policies · faults
//	   │
//	   ├─ ours: Lambda, CloudWatch's figures, log events, IAM simulation, who am I
//	   ├─ moto's answer with our rules before and after: load balancing, ECS, …
//	   └─ moto alone: everything else
//
// A sandbox has one account, which is its own in a moto that many share. Three
// rules hold everywhere. Nothing that is emulated waits: what ends later is
// computed from Options.Now when somebody asks. A request that neither the
// sandbox nor moto knows is an error of the protocol that it came in, and a
// violation. And there are no secrets in here that a test did not put in.
//
// README.md lists every rule with its source.
package aws
