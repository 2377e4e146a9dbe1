/**
 * What Ledge is measured against: the least that a Worker in front of R2 can do, without authentication, an index,
 * conditions, checksums or XML. `PUT|GET|HEAD|DELETE /<key>` and `GET /?list`.
 */
export default {
  async fetch(request, { BLOBS }) {
    const { pathname, search } = new URL(request.url);
    const key = pathname.slice(1);
    switch (request.method) {
      case "PUT":
        await BLOBS.put(key, request.body);
        return new Response();
      case "DELETE":
        await BLOBS.delete(key);
        return new Response(null, { status: 204 });
      case "HEAD": {
        const object = await BLOBS.head(key);
        if (object === null) return new Response(null, { status: 404 });
        return new Response(null, { headers: { etag: object.httpEtag } });
      }
      default: {
        if (search === "?list") return Response.json(await listing(BLOBS));
        const object = await BLOBS.get(key);
        if (object === null) return new Response(null, { status: 404 });
        return new Response(object.body, { headers: { etag: object.httpEtag } });
      }
    }
  },
} satisfies ExportedHandler<Pick<Cloudflare.Env, "BLOBS">>;

async function listing(bucket: R2Bucket) {
  const { objects } = await bucket.list();
  return objects.map(({ key, size, etag, uploaded }) => ({ key, size, etag, uploaded }));
}
