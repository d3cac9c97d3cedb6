// The validator would send the document's address to somebody else's server.
SwaggerUIBundle({
  url: "api/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
