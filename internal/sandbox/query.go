package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// setField sets a field, named by its path, from the text of a URL.
func setField(m protoreflect.Message, path, values []string) error {
	fields := m.Descriptor().Fields()
	fd := fields.ByJSONName(path[0])
	if fd == nil {
		fd = fields.ByName(protoreflect.Name(path[0]))
	}
	switch {
	case fd == nil || fd.IsMap():
		return unbindable(path[0])
	case len(path) > 1:
		if fd.Message() == nil || fd.IsList() {
			return unbindable(path[1])
		}
		return setField(m.Mutable(fd).Message(), path[1:], values)
	case fd.IsList():
		list := m.Mutable(fd).List()
		for _, text := range values {
			v, err := parseValue(fd, text, list.NewElement)
			if err != nil {
				return err
			}
			list.Append(v)
		}
		return nil
	case len(values) != 1:
		return status.Errorf(codes.InvalidArgument, "%s is given %d times.", path[0], len(values))
	}
	v, err := parseValue(fd, values[0], func() protoreflect.Value { return m.NewField(fd) })
	if err != nil {
		return err
	}
	m.Set(fd, v)
	return nil
}

// unbindable answers a query parameter that a method does not have. Google says
// INVALID_ARGUMENT; here it is UNIMPLEMENTED, because it may be a real parameter
// of an API that the sandbox does not know well enough.
func unbindable(name string) error {
	return status.Errorf(codes.Unimplemented, "Invalid JSON payload received. Unknown name %q: Cannot bind query parameter.", name)
}

// parseValue reads one value of a field from text.
func parseValue(fd protoreflect.FieldDescriptor, text string, fresh func() protoreflect.Value) (protoreflect.Value, error) {
	bad := func() (protoreflect.Value, error) {
		return protoreflect.Value{}, status.Errorf(codes.InvalidArgument, "Invalid value at '%s': %q", fd.JSONName(), text)
	}
	switch fd.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text), nil
	case protoreflect.BoolKind:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return bad()
		}
		return protoreflect.ValueOfBool(b), nil
	case protoreflect.EnumKind:
		if v := fd.Enum().Values().ByName(protoreflect.Name(text)); v != nil {
			return protoreflect.ValueOfEnum(v.Number()), nil
		}
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return bad()
		}
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n)), nil
	case protoreflect.Int32Kind:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return bad()
		}
		return protoreflect.ValueOfInt32(int32(n)), nil
	case protoreflect.Int64Kind:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return bad()
		}
		return protoreflect.ValueOfInt64(n), nil
	case protoreflect.MessageKind:
		v := fresh()
		if fd.Message().FullName() == "google.protobuf.FieldMask" {
			setMask(v.Message(), text)
			return v, nil
		}
		if protojson.Unmarshal([]byte(quoted(text)), v.Message().Interface()) != nil { // timestamps, durations, wrappers
			return bad()
		}
		return v, nil
	default: // no field of the emulated requests is of another kind
		return bad()
	}
}

// setMask reads a FieldMask. Clients send camelCase; snake_case is accepted too.
func setMask(m protoreflect.Message, text string) {
	paths := m.Mutable(m.Descriptor().Fields().ByName("paths")).List()
	for path := range strings.SplitSeq(text, ",") {
		paths.Append(protoreflect.ValueOfString(snake(path)))
	}
}

func snake(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func quoted(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(raw)
}

// httpStatus maps a code as google.rpc.Code documents it.
func httpStatus(c codes.Code) int {
	switch c {
	case codes.OK:
		return http.StatusOK
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange:
		return http.StatusBadRequest
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.NotFound:
		return http.StatusNotFound
	case codes.Aborted, codes.AlreadyExists:
		return http.StatusConflict
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.Canceled:
		return 499
	case codes.Unimplemented:
		return http.StatusNotImplemented
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	case codes.DeadlineExceeded:
		return http.StatusGatewayTimeout
	case codes.Unknown, codes.Internal, codes.DataLoss:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}

// codeName is the upper-case name of a code, as "status" shows it.
func codeName(c codes.Code) string {
	if c == codes.Canceled {
		return "CANCELLED"
	}
	return strings.ToUpper(snake(c.String())[1:])
}

// details renders the details of an error, with the comma before them.
func details(st *status.Status) string {
	var all []string
	for _, d := range st.Proto().GetDetails() {
		if raw, err := protojson.Marshal(d); err == nil {
			all = append(all, string(raw))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return `,"details":[` + strings.Join(all, ",") + "]"
}
