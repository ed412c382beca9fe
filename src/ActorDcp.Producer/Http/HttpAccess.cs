using System.Text;
using ActorDcp.Producer.Connections;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ActorDcp.Producer.Http;

/// <summary>
/// Basic authentication against the node's users, or over TLS a client certificate of one; only <c>/pools</c> may be asked without,
/// and says less then.
/// </summary>
internal static class HttpAccess
{
    private const string Scheme = "Basic ";
    private static readonly object UserKey = new();

    public static void Use(WebApplication app, ProducerServices services, HttpConnections connections) => app.Use(async (context, next) =>
    {
        var user = UserOf(context, services);
        var isOpen = context.Request.Headers.Authorization.Count == 0 && context.Request.Path == "/pools";
        if (user is null && !isOpen)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"Couchbase Server Admin / REST\"";
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }
        if (user is not null)
            connections.Recognize(context.Connection.Id);
        context.Items[UserKey] = user;
        if (!HttpMethods.IsGet(context.Request.Method) && !services.Accounts.RightsOf(User(context)).IsUnlimited)
        {
            await JsonAnswer.ErrorAsync(context, StatusCodes.Status403Forbidden, "Forbidden. User needs one of the following permissions");
            return;
        }
        if (IsFromAnotherSite(context.Request))
        {
            await JsonAnswer.ErrorAsync(context, StatusCodes.Status403Forbidden, "a page of another site may not do this");
            return;
        }
        await next(context);
        await ExplainEmptyAnswerAsync(context);
    });

    /// <summary>Who asks; null where nobody has to say.</summary>
    public static string? User(HttpContext context) => (string?)context.Items[UserKey];

    private static string? UserOf(HttpContext context, ProducerServices services)
    {
        if (context.Request.Headers.Authorization is { Count: > 0 } header)
            return UserOf(header.ToString(), services);
        return TlsSetup.UserOf(context.Connection.ClientCertificate) is { } user && services.Accounts.Contains(user) ? user : null;
    }

    private static string? UserOf(string header, ProducerServices services)
    {
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[Scheme.Length..].Trim(), bytes, out var length))
            return null;
        var colon = bytes.AsSpan(0, length).IndexOf((byte)':');
        if (colon < 0)
            return null;
        var user = Encoding.UTF8.GetString(bytes, 0, colon);
        return services.Accounts.Verify(user, bytes.AsSpan(colon + 1, length - colon - 1)) ? user : null;
    }

    /// <summary>Browsers send the credentials they know along with what any page asks for, and name that page.</summary>
    private static bool IsFromAnotherSite(HttpRequest request) =>
        !HttpMethods.IsGet(request.Method) && request.Headers.Origin.ToString() is { Length: > 0 } origin
        && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));

    private static Task ExplainEmptyAnswerAsync(HttpContext context)
    {
        if (context.Response.HasStarted)
            return Task.CompletedTask;
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => JsonAnswer.TextAsync(context, StatusCodes.Status404NotFound, "Requested resource not found.\r\n"),
            StatusCodes.Status405MethodNotAllowed => JsonAnswer.TextAsync(context, StatusCodes.Status405MethodNotAllowed, "Method Not Allowed\r\n"),
            _ => Task.CompletedTask,
        };
    }
}
