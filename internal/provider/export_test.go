package provider

// FunctionMessages is what the functions may say.
var FunctionMessages = functionMessages
