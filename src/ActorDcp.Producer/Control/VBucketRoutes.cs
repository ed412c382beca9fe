using System.Globalization;
using System.Text.Json.Nodes;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorDcp.Producer.Control;

/// <summary>A vbucket's active copy: <c>POST /control/v1/vbuckets/N/ACTION</c>, each answered with how it stands then.</summary>
internal sealed class VBucketRoutes(ProducerCluster cluster)
{
    private const string VBucket = "vbucket";

    public static void Map(IEndpointRouteBuilder control, ProducerCluster cluster)
    {
        var routes = new VBucketRoutes(cluster);
        const string one = $"/vbuckets/{{{VBucket}}}";
        control.MapGet("/vbuckets", ControlGate.Answer((_, _) =>
            new JsonArray([.. Enumerable.Range(0, cluster.Bucket.VBucketCount).Select(number => routes.Show(VBucketId.From(number)))])));
        control.MapGet(one, routes.On((_, _) => { }));
        control.MapPost($"{one}/lose", routes.On((vbucket, body) =>
        {
            var count = (int)body.Number("count", 1, int.MaxValue);
            body.End();
            vbucket.LoseNewest(count);
        }));
        control.MapPost($"{one}/failover", routes.On((vbucket, body) =>
        {
            var at = (ulong)body.Number("at", 0, long.MaxValue);
            body.End();
            vbucket.Failover(at);
        }));
        control.MapPost($"{one}/purge", routes.On((vbucket, body) =>
        {
            var through = (ulong)body.Number("through", 0, long.MaxValue);
            body.End();
            vbucket.PurgeTombstones(through);
        }));
        control.MapPost($"{one}/expel", routes.On((vbucket, _) => vbucket.ExpelCheckpoints()));
        control.MapPost($"{one}/state", routes.On((vbucket, body) =>
        {
            var state = body.Choice<VBucketState>("state");
            body.End();
            vbucket.ChangeState(state);
            cluster.Advance();
        }));
    }

    /// <summary>The vbucket that a path names.</summary>
    public static VBucketId Find(ProducerCluster cluster, HttpContext context)
    {
        var text = (string)context.Request.RouteValues[VBucket]!;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < cluster.Bucket.VBucketCount
            ? VBucketId.From(number)
            : throw new ControlException(StatusCodes.Status404NotFound, $"there is no vbucket {text}", $"the last is {cluster.Bucket.VBucketCount - 1}");
    }

    private RequestDelegate On(Action<VBucket, ControlBody> act) => ControlGate.Answer(async (context, body) =>
    {
        var id = Find(cluster, context);
        act(Active(id), body);
        body.End();
        if (HttpMethods.IsPost(context.Request.Method))
            await cluster.FlushAsync(context.RequestAborted);
        return Show(id);
    });

    private VBucket Active(VBucketId id) => cluster.ActiveOf(id)
        ?? throw new ControlException(StatusCodes.Status409Conflict, $"vbucket {id} is active nowhere", "rebalance, or start the node that holds it");

    private JsonObject Show(VBucketId id)
    {
        var chain = cluster.Topology.Layout.ChainOf(id);
        var shown = new JsonObject
        {
            ["vb"] = id.Value,
            ["active"] = chain[0],
            ["replicas"] = new JsonArray([.. chain.Skip(1).Select(node => JsonValue.Create(node))]),
        };
        if (cluster.ActiveOf(id) is not { } active)
            return shown;
        shown["state"] = active.State.ToString().ToLowerInvariant();
        shown["high"] = active.HighSeqno;
        shown["persisted"] = active.PersistedSeqno;
        shown["purge"] = active.PurgeSeqno;
        shown["vbuuid"] = active.Uuid.ToString();
        return shown;
    }
}
