// Starts Swagger UI. Requests are tried on the very server that the page came from, whatever name the document gives it, for the content
// security policy allows no other. With a session the CSRF token goes along, so that trying works without a token of one's own.

const place = document.getElementById('api');
const { csrf, document: url } = place.dataset;
const spec = await (await fetch(url)).json();

globalThis.SwaggerUIBundle({
  domNode: place,
  spec: { ...spec, servers: [{ url: location.origin }] },
  deepLinking: true,
  requestInterceptor(request) {
    if (csrf) request.headers['x-csrf-token'] = csrf;
    return request;
  },
});
