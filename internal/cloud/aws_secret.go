package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go/middleware"
)

// withoutSecrets takes from every answer of Lambda what nobody here may keep.
func (c *Clients) withoutSecrets(s *middleware.Stack) error {
	return s.Initialize.Add(middleware.InitializeMiddlewareFunc("WithoutSecrets", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		out, meta, err := next.HandleInitialize(ctx, in)
		c.strip(out.Result)
		return out, meta, err //nolint:wrapcheck // the SDK says which operation it was
	}), middleware.Before) //nolint:wrapcheck // as above
}

func (c *Clients) strip(answer any) {
	var found []*types.EnvironmentResponse
	switch a := answer.(type) {
	case *lambda.GetFunctionOutput:
		if a.Code != nil {
			a.Code.Location = nil
		}
		if a.Configuration != nil {
			found = append(found, a.Configuration.Environment)
		}
	case *lambda.GetFunctionConfigurationOutput:
		found = append(found, a.Environment)
	case *lambda.UpdateFunctionConfigurationOutput:
		found = append(found, a.Environment)
	case *lambda.UpdateFunctionCodeOutput:
		found = append(found, a.Environment)
	case *lambda.PublishVersionOutput:
		found = append(found, a.Environment)
	case *lambda.CreateFunctionOutput:
		found = append(found, a.Environment)
	case *lambda.ListFunctionsOutput:
		for _, f := range a.Functions {
			found = append(found, f.Environment)
		}
	case *lambda.ListVersionsByFunctionOutput:
		for _, f := range a.Versions {
			found = append(found, f.Environment)
		}
	}
	for _, e := range found {
		if e == nil {
			continue
		}
		for name, value := range e.Variables {
			e.Variables[name] = c.Sealed(value)
		}
	}
}
