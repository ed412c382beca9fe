using System.Text.Json.Nodes;
using ActorDcp.Producer.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace ActorDcp.Producer.Control;

/// <summary>The nodes, who they are and what is wrong with them.</summary>
internal sealed class NodeRoutes(ProducerCluster cluster)
{
    public static void Map(IEndpointRouteBuilder control, ProducerCluster cluster)
    {
        var routes = new NodeRoutes(cluster);
        control.MapGet("/nodes", ControlGate.Answer((_, _) => routes.Show()));
    }

    private JsonArray Show() => new([.. cluster.Topology.Members.Select(Show)]);

    private JsonObject Show(ProducerNode node)
    {
        var layout = cluster.Topology.Layout;
        var chains = Enumerable.Range(0, layout.VBucketCount).Select(number => layout.ChainOf(VBucketId.From(number))).ToList();
        return new JsonObject
        {
            ["node"] = node.Id,
            ["kv"] = node.Endpoint.Port,
            ["http"] = node.HttpEndpoint?.Port,
            ["running"] = node.IsRunning,
            ["connections"] = node.ConnectionCount,
            ["active"] = chains.Count(chain => chain[0] == node.Id),
            ["replicas"] = chains.Count(chain => chain.Skip(1).Contains(node.Id)),
            ["faults"] = FaultRoutes.Show(node.Faults.Report),
        };
    }
}
