using System.Net;
using System.Text.Json.Nodes;
using ActorDcp.Producer.Http;
using Microsoft.AspNetCore.Http;

namespace ActorDcp.Producer.Control;

/// <summary>What all calls of the control API share: they come from this machine, and an error says how to mend it.</summary>
internal static class ControlGate
{
    /// <summary>Answers what a call returns, or why it cannot be done.</summary>
    public static RequestDelegate Answer(Func<HttpContext, ControlBody, Task<JsonNode>> call) => async context =>
    {
        try
        {
            if (context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote))
                throw new ControlException(StatusCodes.Status403Forbidden, "the control API answers this machine only", "ask from the machine that the producer runs on");
            await JsonAnswer.WriteAsync(context, await call(context, await ControlBody.ReadAsync(context)));
        }
        catch (ControlException refused)
        {
            await RefuseAsync(context, refused.Status, refused.Message, refused.Mend);
        }
        catch (ArgumentException wrong)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, wrong.Message, "see GET /control/v1/nodes and /control/v1/vbuckets");
        }
        catch (InvalidOperationException conflict)
        {
            await RefuseAsync(context, StatusCodes.Status409Conflict, conflict.Message, "see GET /control/v1/nodes for how things stand");
        }
        catch (TimeoutException late)
        {
            await RefuseAsync(context, StatusCodes.Status504GatewayTimeout, late.Message, "see GET /control/v1/nodes for how things stand");
        }
    };

    public static RequestDelegate Answer(Func<HttpContext, ControlBody, JsonNode> call) =>
        Answer((context, body) => Task.FromResult(call(context, body)));

    private static Task RefuseAsync(HttpContext context, int status, string error, string mend) =>
        JsonAnswer.WriteAsync(context, new JsonObject { ["error"] = error, ["mend"] = mend }, status);
}
