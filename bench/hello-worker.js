/** The least that a request can cost. */
export default {
  fetch: () => new Response("hello"),
};
