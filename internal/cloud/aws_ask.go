package cloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// AWSJSON asks one action of a service that speaks JSON, for which no client is
// linked: service is its name in signatures ("secretsmanager"), target what
// stands before the action and the action ("secretsmanager.DescribeSecret"). Of
// the answer, only the fields that out names are decoded. A refusal is an error
// as the SDK's own clients return it.
func (c *Clients) AWSJSON(ctx context.Context, region, service, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("ask %s: %w", target, err)
	}
	_, action, _ := strings.Cut(target, ".")
	return c.askAWS(ctx, asked{region: region, service: service, action: action, method: http.MethodPost, path: "/", body: body, header: map[string]string{
		"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target,
	}}, out)
}

// AWSQuery asks one action of a service that takes a form and answers in XML:
// version is that of its API ("2010-05-08"). out is decoded from the whole
// answer, so its fields are named from the root: `xml:"GetRoleResult>Role>Arn"`.
func (c *Clients) AWSQuery(ctx context.Context, region, service, version, action string, in url.Values, out any) error {
	form := url.Values{"Action": {action}, "Version": {version}}
	for name, values := range in {
		form[name] = values
	}
	return c.askAWS(ctx, asked{region: region, service: service, action: action, method: http.MethodPost, path: "/", body: []byte(form.Encode()), header: map[string]string{
		"Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
	}}, out)
}

// AWSRest asks a service by method and path, S3 among them: out is decoded as
// JSON or XML, by what the answer says that it is. An *http.Header takes the
// answer's header: HEAD has nothing else.
func (c *Clients) AWSRest(ctx context.Context, region, service, method, path string, query url.Values, in, out any) error {
	a := asked{region: region, service: service, action: method, method: method, path: path, query: query, header: map[string]string{}}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("ask %s: %w", service, err)
		}
		a.body, a.header["Content-Type"] = body, "application/json"
	}
	return c.askAWS(ctx, a, out)
}

// asked is a request before it is signed.
type asked struct {
	region, service, action, method, path string
	query                                 url.Values
	header                                map[string]string
	body                                  []byte
}

func (c *Clients) askAWS(ctx context.Context, a asked, out any) error {
	cfg, _, err := c.awsIn(ctx, a.region)
	if err != nil {
		return err
	}
	err = c.pacedAWS(ctx, a.service, cfg.Region, a.action, func(ctx context.Context) error {
		return c.askOnce(ctx, cfg, a, out)
	})
	if err != nil {
		return &smithy.OperationError{ServiceID: a.service, OperationName: a.action, Err: err}
	}
	return nil
}

func (c *Clients) askOnce(ctx context.Context, cfg aws.Config, a asked, out any) error {
	base, signing := awsAddress(cfg, a.service)
	at := base + a.path
	if len(a.query) > 0 {
		at += "?" + a.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, a.method, at, bytes.NewReader(a.body))
	if err != nil {
		return err //nolint:wrapcheck // askAWS says what was asked
	}
	for name, value := range a.header {
		request.Header.Set(name, value)
	}
	request.Header.Set("User-Agent", c.config.UserAgent)
	if err := c.sign(ctx, cfg, request, a, signing); err != nil {
		return err
	}
	answer, err := cfg.HTTPClient.Do(request)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return refused(answer, text)
	}
	return decode(answer, text, out)
}

func (c *Clients) sign(ctx context.Context, cfg aws.Config, r *http.Request, a asked, region string) error {
	creds, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return err //nolint:wrapcheck // AWSError says what it means
	}
	sum := sha256.Sum256(a.body)
	hash := hex.EncodeToString(sum[:])
	if a.service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	return v4.NewSigner().SignHTTP(ctx, creds, r, hash, a.service, region, c.config.Clock.Now(), func(o *v4.SignerOptions) { //nolint:wrapcheck // as above
		o.DisableURIPathEscaping = a.service == "s3"
	})
}

// decode reads what out names.
func decode(answer *http.Response, text []byte, out any) error {
	var err error
	switch out := out.(type) {
	case nil:
	case *http.Header:
		*out = answer.Header
	default:
		if strings.Contains(answer.Header.Get("Content-Type"), "xml") {
			err = xml.Unmarshal(text, out)
		} else {
			err = json.Unmarshal(text, out)
		}
	}
	if err != nil {
		return &smithy.DeserializationError{Err: err}
	}
	return nil
}

// refused reads the error of any of the protocols
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization,
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization).
func refused(answer *http.Response, text []byte) error {
	var in struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"`
		Upper   string `json:"Message"`
	}
	said := &smithy.GenericAPIError{Code: answer.Header.Get("X-Amzn-Errortype")}
	if json.Unmarshal(text, &in) == nil {
		said.Code, said.Message = first(said.Code, in.Type, in.Code), first(in.Message, in.Upper)
	} else {
		var in struct {
			Code    string `xml:"Code"`
			Message string `xml:"Message"`
			Error   struct {
				Code    string `xml:"Code"`
				Message string `xml:"Message"`
			} `xml:"Error"`
			Errors struct {
				Error struct {
					Code    string `xml:"Code"`
					Message string `xml:"Message"`
				} `xml:"Error"`
			} `xml:"Errors"`
		}
		if xml.Unmarshal(text, &in) == nil {
			said.Code = first(said.Code, in.Error.Code, in.Errors.Error.Code, in.Code)
			said.Message = first(in.Error.Message, in.Errors.Error.Message, in.Message)
		}
	}
	said.Code, _, _ = strings.Cut(said.Code, ":")
	if _, name, ok := strings.Cut(said.Code, "#"); ok {
		said.Code = name
	}
	said.Code = first(said.Code, http.StatusText(answer.StatusCode))
	return &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: answer}, Err: said},
		RequestID:     first(answer.Header.Get("X-Amzn-Requestid"), answer.Header.Get("X-Amz-Request-Id")),
	}
}

// awsAddress returns where a service is, and for which region it is signed.
func awsAddress(cfg aws.Config, service string) (base, region string) {
	if own := os.Getenv("AWS_ENDPOINT_URL_" + strings.ToUpper(service)); own != "" && cfg.BaseEndpoint == nil {
		return strings.TrimSuffix(own, "/"), cfg.Region
	}
	if cfg.BaseEndpoint != nil {
		return strings.TrimSuffix(*cfg.BaseEndpoint, "/"), cfg.Region
	}
	suffix := "amazonaws.com"
	if strings.HasPrefix(cfg.Region, "cn-") {
		suffix = "amazonaws.com.cn"
	}
	switch service {
	case "iam":
		return "https://iam." + suffix, "us-east-1"
	case "ecr":
		return "https://api.ecr." + cfg.Region + "." + suffix, cfg.Region
	}
	return "https://" + service + "." + cfg.Region + "." + suffix, cfg.Region
}
