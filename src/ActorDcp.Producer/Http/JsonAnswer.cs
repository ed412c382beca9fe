using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ActorDcp.Producer.Http;

/// <summary>Writes whole answers.</summary>
internal static class JsonAnswer
{
    public const string ContentType = "application/json";

    /// <summary>Quotes are escaped as other servers do, so that texts can be looked for.</summary>
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext context, JsonNode body, int status = StatusCodes.Status200OK) =>
        WriteAsync(context, Encoding.UTF8.GetBytes(body.ToJsonString(Plain)), status);

    public static Task WriteAsync(HttpContext context, byte[] json, int status = StatusCodes.Status200OK) =>
        WriteAsync(context, json, ContentType, status);

    /// <summary>An error in the words that a management console shows, under the key that is wrong; "_" for the whole.</summary>
    public static Task ErrorAsync(HttpContext context, int status, string message, string key = "_") =>
        WriteAsync(context, new JsonObject { ["errors"] = new JsonObject { [key] = message } }, status);

    public static Task TextAsync(HttpContext context, int status, string text) =>
        WriteAsync(context, Encoding.UTF8.GetBytes(text), "text/plain", status);

    private static Task WriteAsync(HttpContext context, byte[] body, string type, int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-cache,no-store,must-revalidate";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
