package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go/middleware"
)

// withoutSecrets takes from every answer of Lambda what nobody here may keep,
// before anybody has it.
func (c *Clients) withoutSecrets(s *middleware.Stack) error {
	return s.Initialize.Add(dropping{c}, middleware.Before) //nolint:wrapcheck // it cannot fail: there is no other of its name
}

type dropping struct{ of *Clients }

// ID implements middleware.InitializeMiddleware.
func (dropping) ID() string { return "WithoutSecrets" }

// HandleInitialize implements middleware.InitializeMiddleware.
func (d dropping) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	out, meta, err := next.HandleInitialize(ctx, in)
	if function, ok := out.Result.(*lambda.GetFunctionOutput); ok && function.Code != nil {
		function.Code.Location = nil // it is signed: whoever has it has the code
	}
	for _, e := range environments(out.Result) {
		if e == nil {
			continue
		}
		for name, value := range e.Variables {
			e.Variables[name] = d.of.Sealed(value)
		}
	}
	return out, meta, err //nolint:wrapcheck // the SDK says which operation it was
}

// environments are those in an answer.
func environments(answer any) []*types.EnvironmentResponse {
	switch a := answer.(type) {
	case *lambda.GetFunctionOutput:
		if a.Configuration != nil {
			return []*types.EnvironmentResponse{a.Configuration.Environment}
		}
	case *lambda.GetFunctionConfigurationOutput:
		return []*types.EnvironmentResponse{a.Environment}
	case *lambda.UpdateFunctionConfigurationOutput:
		return []*types.EnvironmentResponse{a.Environment}
	case *lambda.UpdateFunctionCodeOutput:
		return []*types.EnvironmentResponse{a.Environment}
	case *lambda.PublishVersionOutput:
		return []*types.EnvironmentResponse{a.Environment}
	case *lambda.CreateFunctionOutput:
		return []*types.EnvironmentResponse{a.Environment}
	case *lambda.ListFunctionsOutput:
		return ofAll(a.Functions)
	case *lambda.ListVersionsByFunctionOutput:
		return ofAll(a.Versions)
	}
	return nil
}

func ofAll(functions []types.FunctionConfiguration) []*types.EnvironmentResponse {
	var out []*types.EnvironmentResponse
	for _, f := range functions {
		out = append(out, f.Environment)
	}
	return out
}
