package aws

import (
	"fmt"
	"reflect"
	"time"
)

// parse reads a request of any protocol that is not REST into a struct whose
// fields are called as AWS's are. A field that is not in it is an error.
func (r *request) parse(into any) error {
	doc, err := r.document()
	if err != nil {
		return err
	}
	if err := fill(reflect.ValueOf(into).Elem(), doc, ""); err != nil {
		return unknownRequest{fmt.Sprintf("%s: %v", r.name(), err)}
	}
	return nil
}

var timeType = reflect.TypeFor[time.Time]()

// fill sets v from a tree. In a form all values are texts, so a text may stand for
// a number or a truth value.
func fill(v reflect.Value, from any, path string) error {
	if from == nil {
		return nil
	}
	if v.Type() == timeType {
		at, ok := moment(from)
		if !ok {
			return fmt.Errorf("%s is no time: %v", path, from)
		}
		v.Set(reflect.ValueOf(at))
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), from, path)
	case reflect.Struct:
		return fillStruct(v, from, path)
	case reflect.Slice:
		return fillSlice(v, from, path)
	default:
		return fillScalar(v, from, path)
	}
}

func fillScalar(v reflect.Value, from any, path string) error {
	s, isText := from.(string)
	f, isNumber := number(from)
	switch kind := v.Kind(); {
	case kind == reflect.String && isText:
		v.SetString(s)
	case kind == reflect.Float64 && isNumber:
		v.SetFloat(f)
	case kind == reflect.Int && isNumber && f == float64(int(f)):
		v.SetInt(int64(f))
	case kind == reflect.Bool:
		v.SetBool(from == true || s == "true")
	default:
		return fmt.Errorf("%s is no %s: %v", path, kind, from)
	}
	return nil
}

func fillStruct(v reflect.Value, from any, path string) error {
	m, ok := from.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no structure: %v", path, from)
	}
	for name, value := range m {
		field := v.FieldByName(name)
		if !field.IsValid() {
			return fmt.Errorf("the field %s.%s", path, name)
		}
		if err := fill(field, value, path+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func fillSlice(v reflect.Value, from any, path string) error {
	items, ok := from.([]any)
	if !ok {
		if from == "" { // an empty list in a form
			return nil
		}
		return fmt.Errorf("%s is no list: %v", path, from)
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := fill(v.Index(i), item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}
