package sandbox

import (
	"strconv"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// An operation is a long-running operation. It is done when the reconcile that
// it belongs to has ended; a write that comes meanwhile takes the operations of
// the reconcile it replaces with it.
type operation struct {
	id    string
	wait                 // for an operation without a reconcile: a deletion
	sv    *service       // whose reconcile it follows; nil once done
	gone  *runpb.Service // the answer of a deletion
	run   *execution     // which it follows; nil for all others
	shown proto.Message  // response when done
	fail  *failure
	done  bool
}

// startLocked makes an operation for sv.
func (st *store) startLocked(sv *service) *operation {
	op := &operation{id: uid("operation", st.project, strconv.Itoa(len(st.opOrder))), sv: sv}
	st.ops[op.id] = op
	st.opOrder = append(st.opOrder, op.id)
	return op
}

// endLocked finishes op with what the reconcile of sv came to.
func (st *store) endLocked(op *operation, sv *service) {
	op.done, op.sv = true, nil
	if f := sv.failed(); f != nil {
		op.fail = f
	}
	op.shown = st.viewLocked(sv)
}

// renderLocked shows an operation as it stands now.
func (st *store) renderLocked(op *operation) *longrunningpb.Operation {
	if op.sv != nil {
		st.settleLocked(op.sv)
	}
	if op.run != nil && !op.done {
		op.run.follow(op, st)
	}
	if op.gone != nil && !op.done && op.over(st.now()) {
		op.done, op.shown = true, op.gone
	}
	return st.showLocked(op)
}

// showLocked shows an operation without looking at the clock: the answer to a
// write never says that it is done, even where the next look does.
func (st *store) showLocked(op *operation) *longrunningpb.Operation {
	out := &longrunningpb.Operation{Name: st.operation(op.id), Done: op.done}
	switch {
	case !op.done && op.run != nil:
		out.Metadata = pack(st.executionLocked(op.run))
	case !op.done && op.sv != nil:
		out.Metadata = pack(st.viewLocked(op.sv))
	case !op.done:
		out.Metadata = pack(op.gone)
	case op.fail != nil:
		out.Metadata = pack(op.shown)
		out.Result = &longrunningpb.Operation_Error{Error: &rpcstatus.Status{Code: int32(op.fail.code), Message: op.fail.message}}
	default:
		out.Metadata = pack(op.shown)
		out.Result = &longrunningpb.Operation_Response{Response: pack(op.shown)}
	}
	return out
}

func pack(m proto.Message) *anypb.Any {
	a, err := anypb.New(m)
	if err != nil {
		panic("sandbox: a message does not pack: " + err.Error())
	}
	return a
}

// dryRun is the answer to validate_only: an operation that is done at once and
// that nobody can ask for later (modelled; only the request field is documented).
func (st *store) dryRun(would *runpb.Service) *longrunningpb.Operation {
	return &longrunningpb.Operation{
		Name: st.operation("validate-only"), Done: true, Metadata: pack(would),
		Result: &longrunningpb.Operation_Response{Response: pack(would)},
	}
}

func (st *store) operationByName(name string) (*longrunningpb.Operation, error) {
	vars, err := st.parse(name, "projects/*/locations/*/operations/*", "run.operations.get")
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	op, ok := st.ops[vars[0]]
	if !ok {
		return nil, status.Errorf(codes.NotFound, "Operation %s not found.", name)
	}
	return st.renderLocked(op), nil
}
