using System.Text.Json.Nodes;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Topology;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorDcp.Producer.Http;

/// <summary>The pool, its buckets and its nodes, whole and terse, once and as streams (dcp-reference.md 2.7).</summary>
internal sealed class PoolRoutes
{
    /// <summary>Route value that names a bucket.</summary>
    public const string Bucket = "bucket";

    private static readonly byte[] Separator = "\n\n\n\n"u8.ToArray();
    private readonly ProducerServices _services;
    private readonly CancellationToken _stopping;
    private readonly PoolDetails _details;

    private PoolRoutes(ProducerServices services, CancellationToken stopping)
    {
        _services = services;
        _stopping = stopping;
        _details = new PoolDetails(services);
    }

    private ClusterMap Cluster => _services.ClusterMap;

    public static void Map(IEndpointRouteBuilder routes, ProducerServices services, CancellationToken stopping)
    {
        var pool = new PoolRoutes(services, stopping);
        Get(routes, "/pools", context => JsonAnswer.WriteAsync(context, pool._details.Pools(isKnown: HttpAccess.User(context) is not null)));
        Get(routes, "/pools/default", context => JsonAnswer.WriteAsync(context, pool._details.Pool(context.Request)));
        Get(routes, "/pools/nodes", context => JsonAnswer.WriteAsync(context, pool._details.Pool(context.Request)));
        Get(routes, "/poolsStreaming/default", pool.Streaming(request => pool._details.Pool(request)));
        Get(routes, "/whoami", context => JsonAnswer.WriteAsync(context, PoolDetails.Who(HttpAccess.User(context)!)));

        Get(routes, "/pools/default/buckets", context => JsonAnswer.WriteAsync(context, new JsonArray(pool._details.Bucket(context.Request))));
        Get(routes, $"/pools/default/buckets/{{{Bucket}}}", context => JsonAnswer.WriteAsync(context, pool._details.Bucket(context.Request)));
        Get(routes, $"/pools/default/bucketsStreaming/{{{Bucket}}}", pool.Streaming(request => pool._details.Bucket(request)));

        Get(routes, $"/pools/default/b/{{{Bucket}}}", context => JsonAnswer.WriteAsync(context, pool.Cluster.ForBucket()));
        Get(routes, $"/pools/default/bs/{{{Bucket}}}", pool.Streaming(pool.Cluster.ForBucket));
        Get(routes, "/pools/default/nodeServices", context => JsonAnswer.WriteAsync(context, pool.Cluster.Global()));
        Get(routes, "/pools/default/nodeServicesStreaming", pool.Streaming(pool.Cluster.Global));
    }

    private static void Get(IEndpointRouteBuilder routes, string pattern, RequestDelegate answer) =>
        routes.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], answer);

    private RequestDelegate Streaming(Func<HttpRequest, JsonNode> document) =>
        context => StreamAsync(context, () => System.Text.Encoding.UTF8.GetBytes(document(context.Request).ToJsonString()));

    private RequestDelegate Streaming(Func<byte[]> document) => context => StreamAsync(context, document);

    /// <summary>Sends the document now and after each revision of the map, until the client or the node goes away.</summary>
    private async Task StreamAsync(HttpContext context, Func<byte[]> document)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping);
        context.Response.ContentType = JsonAnswer.ContentType;
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        try
        {
            while (true)
            {
                // the version first: a change in between is then sent once more, never missed
                var version = Cluster.Version;
                await context.Response.Body.WriteAsync(document(), ends.Token);
                await context.Response.Body.WriteAsync(Separator, ends.Token);
                await context.Response.Body.FlushAsync(ends.Token);
                await Cluster.WaitForNewerAsync(version, ends.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // the usual end of a stream
        }
    }
}
