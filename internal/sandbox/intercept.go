package sandbox

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

type faceKey struct{}

// withFace marks where a request came in; unmarked ones are gRPC.
func withFace(ctx context.Context, face string) context.Context {
	return context.WithValue(ctx, faceKey{}, face)
}

// intercept is the one gate through which every control-plane call passes,
// whatever face it came in by: it journals the call, refuses what the test has
// denied, and carries out faults.
func (s *Sandbox) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	return s.pass(ctx, describe(req, info.FullMethod), req, handle)
}

// pass is intercept for a call that is described already.
func (s *Sandbox) pass(ctx context.Context, c Call, req any, handle grpc.UnaryHandler) (any, error) {
	c.Time, c.Face = s.now(), "grpc"
	if face, ok := ctx.Value(faceKey{}).(string); ok {
		c.Face = face
	}
	i := s.journal.begin(c)
	resp, effect, err := s.carryOut(ctx, c, req, handle)
	st := status.Convert(err)
	s.journal.end(i, st.Code(), st.Message(), effect)
	if st.Code() == codes.Unimplemented {
		s.journal.violate("%s: not emulated: %s", c.Method, st.Message())
	}
	return resp, err
}

// carryOut handles c with the faults that strike it; effect reports a write
// that was accepted, even if its answer then got lost.
func (s *Sandbox) carryOut(ctx context.Context, c Call, req any, handle grpc.UnaryHandler) (resp any, effect bool, err error) {
	lost := false
	for _, f := range s.faults.all() {
		if !s.faults.strikes(f, c) {
			continue
		}
		if err := s.refuse(ctx, f, c); err != nil {
			return nil, false, grpcError(err)
		}
		ctx = withTrouble(ctx, f)
		lost = lost || f.Kind == LostAnswer
	}
	if m, ok := req.(proto.Message); ok && hasUnknown(m.ProtoReflect()) {
		return nil, false, status.Errorf(codes.Unimplemented, "%s: the request has a field that the sandbox does not know", c.Method)
	}
	if p := permissionFor(c.Method); s.vault.denies(p) {
		return nil, false, denied(p, c.Resource)
	}
	resp, err = handle(ctx, req)
	effect = err == nil && c.Write && !c.Validate
	if err == nil && lost {
		return nil, effect, errCut{}
	}
	return resp, effect, err
}

// grpcError gives an error of a pause a status; others have one.
func grpcError(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return status.FromContextError(err).Err()
	}
	return err
}

// services maps the gRPC service to the prefix of canonical method names.
var services = map[string]string{
	"google.cloud.run.v2.Services":                       "run",
	"google.cloud.run.v2.Revisions":                      "run",
	"google.cloud.run.v2.Jobs":                           "run",
	"google.cloud.run.v2.Executions":                     "run",
	"google.cloud.run.v2.Tasks":                          "run",
	"google.longrunning.Operations":                      "run",
	"google.cloud.secretmanager.v1.SecretManagerService": "secretmanager",
	"google.monitoring.v3.MetricService":                 "monitoring",
	"google.iam.admin.v1.IAM":                            "iam",
	"google.iam.credentials.v1.IAMCredentials":           "iamcredentials",
}

// canonical turns "/google.cloud.run.v2.Services/GetService" into "run.GetService".
func canonical(fullMethod string) string {
	service, method, _ := strings.Cut(strings.TrimPrefix(fullMethod, "/"), "/")
	if short, ok := services[service]; ok {
		return short + "." + method
	}
	return service + "." + method
}

// changes reports whether a method writes, by its verb.
func changes(method string) bool {
	_, verb, _ := strings.Cut(method, ".")
	for _, w := range []string{"Create", "Update", "Delete", "Set", "Add", "Enable", "Disable", "Destroy", "Rotate", "Cancel", "Run"} {
		if strings.HasPrefix(verb, w) {
			return true
		}
	}
	return false
}

// describe reads from a request what a Call tells about it.
func describe(req any, fullMethod string) Call {
	method := canonical(fullMethod)
	c := Call{Method: method, Write: changes(method)}
	m, ok := req.(proto.Message)
	if !ok {
		return c
	}
	r := m.ProtoReflect()
	c.Resource = resourceOf(r)
	c.ETag = text(r, "etag")
	c.Validate = text(r, "validate_only") == "true"
	for _, field := range []protoreflect.Name{"service", "job"} {
		if sub, ok := child(r, field); ok && c.ETag == "" {
			c.ETag = text(sub, "etag")
		}
	}
	if sub, ok := child(r, "update_mask"); ok {
		if mask, ok := sub.Interface().(*fieldmaskpb.FieldMask); ok {
			c.Mask = mask.GetPaths()
		}
	}
	return c
}

// resourceOf finds the full name that a request is about.
func resourceOf(r protoreflect.Message) string {
	for _, field := range []protoreflect.Name{"name", "resource"} {
		if v := text(r, field); v != "" {
			return v
		}
	}
	if parent := text(r, "parent"); parent != "" {
		if id := text(r, "service_id"); id != "" {
			return parent + "/services/" + id
		}
		return parent
	}
	if sub, ok := child(r, "service"); ok {
		return text(sub, "name")
	}
	return ""
}

func text(r protoreflect.Message, field protoreflect.Name) string {
	fd := r.Descriptor().Fields().ByName(field)
	if fd == nil || fd.IsList() || fd.IsMap() || fd.Message() != nil || !r.Has(fd) {
		return ""
	}
	return r.Get(fd).String()
}

func child(r protoreflect.Message, field protoreflect.Name) (protoreflect.Message, bool) {
	fd := r.Descriptor().Fields().ByName(field)
	if fd == nil || fd.IsList() || fd.IsMap() || fd.Message() == nil || !r.Has(fd) {
		return nil, false
	}
	return r.Get(fd).Message(), true
}

// hasUnknown reports whether a message, at any depth, carries a field that its
// Go type does not have.
func hasUnknown(r protoreflect.Message) bool {
	if len(r.GetUnknown()) > 0 {
		return true
	}
	found := false
	r.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.IsMap():
			if fd.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, e protoreflect.Value) bool {
					found = found || hasUnknown(e.Message())
					return !found
				})
			}
		case fd.Message() != nil && fd.IsList():
			for i := range v.List().Len() {
				found = found || hasUnknown(v.List().Get(i).Message())
			}
		case fd.Message() != nil:
			found = hasUnknown(v.Message())
		}
		return !found
	})
	return found
}

// permissions are the IAM permissions that the emulated methods need (Cloud Run
// and Secret Manager permission reference; others: general knowledge, unverified).
var permissions = map[string]string{
	"run.CreateService":                       "run.services.create",
	"run.GetService":                          "run.services.get",
	"run.ListServices":                        "run.services.list",
	"run.UpdateService":                       "run.services.update",
	"run.DeleteService":                       "run.services.delete",
	"run.GetIamPolicy":                        "run.services.getIamPolicy",
	"run.SetIamPolicy":                        "run.services.setIamPolicy",
	"run.GetRevision":                         "run.revisions.get",
	"run.ListRevisions":                       "run.revisions.list",
	"run.DeleteRevision":                      "run.revisions.delete",
	"run.CreateJob":                           "run.jobs.create",
	"run.GetJob":                              "run.jobs.get",
	"run.ListJobs":                            "run.jobs.list",
	"run.UpdateJob":                           "run.jobs.update",
	"run.DeleteJob":                           "run.jobs.delete",
	"run.RunJob":                              "run.jobs.run",
	"run.GetExecution":                        "run.executions.get",
	"run.ListExecutions":                      "run.executions.list",
	"run.CancelExecution":                     "run.executions.cancel",
	"run.DeleteExecution":                     "run.executions.delete",
	"run.GetTask":                             "run.tasks.get",
	"run.ListTasks":                           "run.tasks.list",
	"run.GetOperation":                        "run.operations.get",
	"run.WaitOperation":                       "run.operations.get",
	"run.ListOperations":                      "run.operations.list",
	"secretmanager.GetSecret":                 "secretmanager.secrets.get",
	"secretmanager.ListSecrets":               "secretmanager.secrets.list",
	"secretmanager.GetSecretVersion":          "secretmanager.versions.get",
	"secretmanager.ListSecretVersions":        "secretmanager.versions.list",
	"secretmanager.AccessSecretVersion":       "secretmanager.versions.access",
	"secretmanager.GetIamPolicy":              "secretmanager.secrets.getIamPolicy",
	"secretmanager.SetIamPolicy":              "secretmanager.secrets.setIamPolicy",
	"monitoring.ListTimeSeries":               "monitoring.timeSeries.list",
	"monitoring.GetMetricDescriptor":          "monitoring.metricDescriptors.get",
	"monitoring.ListMetricDescriptors":        "monitoring.metricDescriptors.list",
	"monitoring.Query":                        "monitoring.timeSeries.list",
	"logging.ListLogEntries":                  "logging.logEntries.list",
	"iam.GetServiceAccount":                   "iam.serviceAccounts.get",
	"iamcredentials.GenerateIdToken":          "iam.serviceAccounts.getOpenIdToken",
	"cloudsql.GetInstance":                    "cloudsql.instances.get",
	"cloudsql.ListOperations":                 "cloudsql.instances.get",
	"pubsub.GetTopic":                         "pubsub.topics.get",
	"pubsub.GetTopicIamPolicy":                "pubsub.topics.getIamPolicy",
	"pubsub.GetSubscription":                  "pubsub.subscriptions.get",
	"storage.GetBucket":                       "storage.buckets.get",
	"storage.GetBucketIamPolicy":              "storage.buckets.getIamPolicy",
	"storage.ListObjects":                     "storage.objects.list",
	"registry.GetManifest":                    "artifactregistry.repositories.downloadArtifacts",
	"registry.GetBlob":                        "artifactregistry.repositories.downloadArtifacts",
	"cloudresourcemanager.GetIamPolicy":       "resourcemanager.projects.getIamPolicy",
	"cloudresourcemanager.TestIamPermissions": "",
	"serviceusage.GetService":                 "serviceusage.services.get",
}

// permissionFor names the permission that a method needs; "" for one that needs none.
func permissionFor(method string) string { return permissions[method] }
