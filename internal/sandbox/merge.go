package sandbox

import (
	"slices"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// merge makes what a write asks for from what is stored and what was sent: no
// mask or "*" replaces every field of the user, a mask replaces its paths
// (google provider 7.45 sends none and means all: measured; masks: AIP-134 and
// public users who send {"traffic"} with the whole fetched service). A path that
// only the server sets is ignored (AIP-161).
func merge(stored, sent *runpb.Service, mask []string) (*runpb.Service, error) {
	if len(mask) == 0 || slices.Equal(mask, []string{"*"}) {
		out := cloneService(sent)
		keepUserFields(out)
		return out, nil
	}
	out, from := cloneService(stored), cloneService(sent)
	for _, path := range mask {
		if err := replace(out.ProtoReflect(), from.ProtoReflect(), path, strings.Split(path, ".")); err != nil {
			return nil, err
		}
	}
	keepUserFields(out)
	return out, nil
}

// keepUserFields drops what is not the user's: output-only fields, the name and the etag.
func keepUserFields(s *runpb.Service) {
	clearOutput(s.ProtoReflect())
	s.Name, s.Etag = "", ""
}

func cloneService(s *runpb.Service) *runpb.Service {
	out, ok := proto.Clone(s).(*runpb.Service)
	if !ok {
		panic("sandbox: a clone changed its type")
	}
	return out
}

func cloneTemplate(t *runpb.RevisionTemplate) *runpb.RevisionTemplate {
	out, ok := proto.Clone(t).(*runpb.RevisionTemplate)
	if !ok {
		panic("sandbox: a clone changed its type")
	}
	return out
}

// replace copies one path of a mask. Both proto and JSON names are known
// (google-cloud-python#14259 sent "scaling.minInstanceCount" over gRPC).
func replace(to, from protoreflect.Message, path string, parts []string) error {
	fields := to.Descriptor().Fields()
	fd := fields.ByName(protoreflect.Name(parts[0]))
	if fd == nil {
		fd = fields.ByJSONName(parts[0])
	}
	last := len(parts) == 1
	if fd == nil || !last && (fd.Message() == nil || fd.IsList() || fd.IsMap()) {
		return status.Errorf(codes.InvalidArgument, "The update_mask contains the path %q, which google.cloud.run.v2.Service does not have.", path)
	}
	switch {
	case !last:
		if !from.Has(fd) && !to.Has(fd) {
			return replace(to.NewField(fd).Message(), from.Get(fd).Message(), path, parts[1:])
		}
		return replace(to.Mutable(fd).Message(), from.Get(fd).Message(), path, parts[1:])
	case from.Has(fd):
		to.Set(fd, from.Get(fd))
	default:
		to.Clear(fd)
	}
	return nil
}

// clearOutput removes every field whose proto annotation says OUTPUT_ONLY.
func clearOutput(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case outputOnly(fd):
			m.Clear(fd)
		case fd.IsMap() || fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				clearOutput(v.List().Get(i).Message())
			}
		default:
			clearOutput(v.Message())
		}
		return true
	})
}

func outputOnly(fd protoreflect.FieldDescriptor) bool {
	behaviours, ok := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return ok && slices.Contains(behaviours, annotations.FieldBehavior_OUTPUT_ONLY) &&
		!slices.Contains(behaviours, annotations.FieldBehavior_OPTIONAL) // gpu_zonal_redundancy_disabled has both
}
