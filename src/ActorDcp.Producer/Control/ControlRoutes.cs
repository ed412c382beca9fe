using ActorDcp.Producer.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace ActorDcp.Producer.Control;

/// <summary>The control API, for doing by hand what tests do in code: <c>/control/v1/...</c>, JSON, from this machine, with a user's password.</summary>
internal static class ControlRoutes
{
    public static void Map(IEndpointRouteBuilder routes, ProducerCluster cluster, ProducerNode self)
    {
        var control = routes.MapGroup("/control/v1");
        NodeRoutes.Map(control, cluster, self);
        FaultRoutes.Map(control, cluster);
        VBucketRoutes.Map(control, cluster);
    }
}
