// Package databases runs a real PostgreSQL, a real MariaDB and a real Redis on
// loopback, for tests of what looks at live databases: no emulator of a database
// would be one.
//
// Each has an owner whose name and password are Owner and Password, listens on
// the addresses of this machine by TCP and speaks TLS with a certificate for them
// that CA vouches for. Data live in a temporary folder, without fsync, until Stop.
// Where the programs are not installed, starting returns ErrNone.
package databases
