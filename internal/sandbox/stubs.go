package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// iamAdmin is google.iam.admin.v1.IAM, of which only GetServiceAccount is emulated.
type iamAdmin struct {
	place
	v *vault
}

// iamDesc describes that part. The generated registration takes a *grpc.Server
// alone, and the transcoder is none.
var iamDesc = grpc.ServiceDesc{
	ServiceName: "google.iam.admin.v1.IAM",
	HandlerType: (*interface {
		GetServiceAccount(context.Context, *adminpb.GetServiceAccountRequest) (*adminpb.ServiceAccount, error)
	})(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "GetServiceAccount",
		Handler: func(impl any, ctx context.Context, dec func(any) error, through grpc.UnaryServerInterceptor) (any, error) {
			q := &adminpb.GetServiceAccountRequest{}
			if err := dec(q); err != nil {
				return nil, err
			}
			info := &grpc.UnaryServerInfo{Server: impl, FullMethod: "/google.iam.admin.v1.IAM/GetServiceAccount"}
			return through(ctx, q, info, func(ctx context.Context, _ any) (any, error) {
				return impl.(*iamAdmin).GetServiceAccount(ctx, q) //nolint:forcetypeassert // HandlerType is checked when it is registered
			})
		},
	}},
}

// GetServiceAccount finds an account by email; "-" stands for its project. A
// missing account of this project is NOT_FOUND, one of a foreign project cannot
// be told from one that the caller may not see (public gcloud transcripts show
// both answers).
func (i *iamAdmin) GetServiceAccount(_ context.Context, q *adminpb.GetServiceAccountRequest) (*adminpb.ServiceAccount, error) {
	const permission = "iam.serviceAccounts.get"
	parts := strings.Split(q.GetName(), "/")
	if len(parts) != 4 || parts[0] != "projects" || parts[2] != "serviceAccounts" {
		return nil, status.Errorf(codes.InvalidArgument, "Invalid resource name %q", q.GetName())
	}
	project, email := parts[1], parts[3]
	if project != "-" && !i.owns(project) {
		return nil, denied(permission, q.GetName())
	}
	i.v.mu.Lock()
	defer i.v.mu.Unlock()
	disabled, ok := i.v.accounts[email]
	if !ok && project == "-" && !strings.HasSuffix(email, "@"+i.project+".iam.gserviceaccount.com") {
		return nil, denied(permission, q.GetName())
	}
	if !ok {
		return nil, status.Error(codes.NotFound, "Unknown service account")
	}
	return &adminpb.ServiceAccount{
		Name: "projects/" + i.project + "/serviceAccounts/" + email, ProjectId: i.project,
		Email: email, UniqueId: uid("account", email), Disabled: disabled,
	}, nil
}

// stubs answers the few calls of Service Usage and Resource Manager, whose
// generated packages the module does not have.
func (s *Sandbox) stubs(w http.ResponseWriter, r *http.Request) bool {
	for _, st := range []struct {
		verb   string
		path   *regexp.Regexp
		method string
		answer func(r *http.Request, vars []string) (any, error)
	}{
		{http.MethodGet, usagePath, "serviceusage.GetService", s.apiState},
		{http.MethodPost, projectPolicyPath, "cloudresourcemanager.GetIamPolicy", s.projectPolicy},
		{http.MethodPost, projectTestPath, "cloudresourcemanager.TestIamPermissions", s.projectTest},
	} {
		m := st.path.FindStringSubmatch(r.URL.Path)
		if m == nil || st.verb != r.Method {
			continue
		}
		c := Call{Method: st.method, Resource: "projects/" + m[1]}
		resp, err := s.pass(withFace(r.Context(), "rest"), c, nil, func(context.Context, any) (any, error) {
			if !s.owns(m[1]) {
				return nil, denied(permissionFor(st.method), c.Resource)
			}
			return st.answer(r, m[1:])
		})
		if err != nil {
			writeError(w, err)
			return true
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_ = json.NewEncoder(w).Encode(resp) // an error means that the client has gone
		return true
	}
	return false
}

var (
	usagePath         = regexp.MustCompile(`^/v1/projects/([^/]+)/services/([^/]+)$`)
	projectPolicyPath = regexp.MustCompile(`^/v[13]/projects/([^/:]+):getIamPolicy$`)
	projectTestPath   = regexp.MustCompile(`^/v[13]/projects/([^/:]+):testIamPermissions$`)
)

// apiState says that an API is enabled, as `gcloud run deploy` asks first.
func (s *Sandbox) apiState(_ *http.Request, vars []string) (any, error) {
	parent := "projects/" + s.number
	return map[string]any{
		"name": parent + "/services/" + vars[1], "parent": parent, "state": "ENABLED",
		"config": map[string]any{"name": vars[1]},
	}, nil
}

func (s *Sandbox) projectPolicy(r *http.Request, _ []string) (any, error) {
	if err := readJSON(r, &iampb.GetIamPolicyRequest{}); err != nil {
		return nil, err
	}
	s.vault.mu.Lock()
	defer s.vault.mu.Unlock()
	return rawJSON(clonePolicy(s.vault.project))
}

func (s *Sandbox) projectTest(r *http.Request, _ []string) (any, error) {
	q := &iampb.TestIamPermissionsRequest{}
	if err := readJSON(r, q); err != nil {
		return nil, err
	}
	return rawJSON(s.vault.held(q.GetPermissions()))
}

func readJSON(r *http.Request, m proto.Message) error {
	var raw json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&raw); err != nil {
		return status.Errorf(codes.InvalidArgument, "Invalid JSON payload received. %v", err)
	}
	if err := protojson.Unmarshal(raw, m); err != nil {
		return status.Errorf(codes.InvalidArgument, "Invalid JSON payload received. %v", err)
	}
	return nil
}

func rawJSON(m proto.Message) (json.RawMessage, error) {
	raw, err := protojson.Marshal(m)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return raw, nil
}
