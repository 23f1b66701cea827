package databases

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// asWhom returns how a server is started: in a group of its own, ending with the
// process that started it, and by somebody else where that is root, as whom no
// server of a database runs.
func asWhom(names ...string) (attr *syscall.SysProcAttr, uid, gid int) {
	attr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		return attr, os.Getuid(), os.Getgid()
	}
	for _, name := range append(names, "nobody") {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ = strconv.Atoi(u.Uid) // they are numbers here
		gid, _ = strconv.Atoi(u.Gid)
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // a uid is one
		return attr, uid, gid
	}
	return attr, 0, 0
}
