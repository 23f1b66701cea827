package sandbox

import (
	"net/http"
	"strings"

	"cloud.google.com/go/iam/credentials/apiv1/credentialspb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// front is the handler of the main port: gRPC goes one way, the rest another.
func (s *Sandbox) front() http.Handler {
	s.rpc = grpc.NewServer(
		grpc.UnaryInterceptor(s.intercept),
		grpc.UnknownServiceHandler(s.unknownRPC),
	)
	s.register(s.rpc)
	rest := &transcoder{intercept: s.intercept, violate: s.journal.violate}
	s.register(rest)
	prom := newPromAPI(s)
	admin := s.admin()
	v1 := &knative{s: s, revs: &runRevisions{st: s.store, pageSize: s.pageSize}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			s.rpc.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/sandbox/") {
			admin.ServeHTTP(w, r)
			return
		}
		if rest.serve(w, r) || prom.serve(w, r) || s.stubs(w, r) || s.listEntries(w, r) || s.jsonAPIs(w, r) || v1.serve(w, r) {
			return
		}
		writeError(w, s.refuseUnknown("http", r.Method+" "+r.Host+r.URL.Path))
	})
}

// register puts every emulated API on a registrar: the gRPC server, and the
// transcoder that serves the same implementations as REST.
func (s *Sandbox) register(r grpc.ServiceRegistrar) {
	runpb.RegisterServicesServer(r, &runServices{st: s.store, pageSize: s.pageSize})
	runpb.RegisterRevisionsServer(r, &runRevisions{st: s.store, pageSize: s.pageSize})
	runpb.RegisterJobsServer(r, &runJobs{st: s.store, pageSize: s.pageSize})
	runpb.RegisterExecutionsServer(r, &runExecutions{st: s.store, pageSize: s.pageSize})
	runpb.RegisterTasksServer(r, &runTasks{st: s.store, pageSize: s.pageSize})
	longrunningpb.RegisterOperationsServer(r, &runOperations{st: s.store, pageSize: s.pageSize})
	secretmanagerpb.RegisterSecretManagerServiceServer(r, &secretManager{
		place: s.place, v: s.vault, pageSize: s.pageSize, violate: s.journal.violate,
	})
	r.RegisterService(&iamDesc, &iamAdmin{place: s.place, v: s.vault})
	credentialspb.RegisterIAMCredentialsServer(r, &accountTokens{v: s.vault, ids: s.identities})
	monitoringpb.RegisterMetricServiceServer(r, &metricService{place: s.place, t: s.telemetry, pageSize: s.pageSize})
}

// unknownRPC answers a gRPC method that nothing here serves.
func (s *Sandbox) unknownRPC(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	return s.refuseUnknown("grpc", method)
}

// refuseUnknown answers, and records, what the sandbox does not emulate.
func (s *Sandbox) refuseUnknown(face, what string) error {
	s.journal.violate("%s: not emulated: %s", face, what)
	return status.Errorf(codes.Unimplemented, "not emulated: %s", what)
}
