using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace ActorDcp.Hosting.Http;

/// <summary>Writes answers as JSON.</summary>
internal static class ApiAnswers
{
    public static Task WriteAsync<T>(HttpContext context, int status, T answer, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(answer, type, contentType: null, context.RequestAborted);
    }

    public static Task ErrorAsync(HttpContext context, int status, string error, string mend) =>
        WriteAsync(context, status, new ApiError(error, mend), ApiJson.Default.ApiError);

    /// <summary>Runs a call; what a group could not tell in time is 503, never a stack trace.</summary>
    public static RequestDelegate Graceful(RequestDelegate next) => async context =>
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception e) when (!context.Response.HasStarted && e is TimeoutException or OperationCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            await ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "the group did not answer in time", "try again; see /health/ready").ConfigureAwait(false);
        }
        catch (Exception e) when (!context.Response.HasStarted && e is JsonException or BadHttpRequestException)
        {
            await ErrorAsync(context, StatusCodes.Status400BadRequest, "the body is not what this call takes", "send {\"to\":\"beginning\"}, {\"to\":\"now\"} or {\"to\":\"seqno\",\"seqno\":N}").ConfigureAwait(false);
        }
    };
}
