using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorDcp.Producer.Collections;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace ActorDcp.Producer.Http;

/// <summary>Scopes and collections, read and changed with Couchbase's calls and in its words. Each change answers the manifest's new uid.</summary>
internal sealed class ScopeRoutes(BucketCollections collections)
{
    private const string Scope = "scope";
    private const string Collection = "collection";
    private const string Uid = "uid";
    private const string MaxTtl = "maxTTL";
    private const string History = "history";
    private const string Name = "name";

    public static void Map(IEndpointRouteBuilder bucket, BucketCollections collections)
    {
        var scopes = new ScopeRoutes(collections);
        bucket.MapGet("/scopes", scopes.ReadAsync);
        bucket.MapPut("/scopes", Guarded(scopes.ReplaceAsync));
        bucket.MapPost("/scopes", Guarded(scopes.CreateScopeAsync));
        bucket.MapPost($"/scopes/@ensureManifest/{{{Uid}}}", scopes.EnsureAsync);
        bucket.MapDelete($"/scopes/{{{Scope}}}", Guarded(context => Task.FromResult(collections.DropScope(Value(context, Scope)))));
        bucket.MapPost($"/scopes/{{{Scope}}}/collections", Guarded(scopes.CreateCollectionAsync));
        bucket.MapPatch($"/scopes/{{{Scope}}}/collections/{{{Collection}}}", Guarded(scopes.ModifyCollectionAsync));
        bucket.MapDelete(
            $"/scopes/{{{Scope}}}/collections/{{{Collection}}}",
            Guarded(context => Task.FromResult(collections.DropCollection(Value(context, Scope), Value(context, Collection)))));
    }

    private static string Value(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private Task ReadAsync(HttpContext context)
    {
        var manifest = JsonNode.Parse(collections.Current.ToJson())!.AsObject();
        foreach (var collection in manifest["scopes"]!.AsArray().SelectMany(scope => scope!["collections"]!.AsArray()))
        {
            collection![History] ??= false;
            collection[MaxTtl] ??= 0;
        }
        return JsonAnswer.WriteAsync(context, manifest);
    }

    private async Task<ManifestUid> CreateScopeAsync(HttpContext context)
    {
        var form = await FormAsync(context, Name);
        return collections.CreateScope(Required(form, Name));
    }

    private async Task<ManifestUid> CreateCollectionAsync(HttpContext context)
    {
        var form = await FormAsync(context, Name, MaxTtl, History);
        return collections.CreateCollection(Value(context, Scope), Required(form, Name), TtlOf(form), HistoryOf(form) ?? false);
    }

    private async Task<ManifestUid> ModifyCollectionAsync(HttpContext context)
    {
        var form = await FormAsync(context, MaxTtl, History);
        return collections.ModifyCollection(Value(context, Scope), Value(context, Collection), TtlOf(form), HistoryOf(form));
    }

    /// <summary>Makes what the body lists and is not there, and drops what it does not list.</summary>
    private async Task<ManifestUid> ReplaceAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var wanted = body.RootElement.GetProperty("scopes").EnumerateArray().ToDictionary(
            scope => scope.GetProperty(Name).GetString()!,
            scope => scope.GetProperty("collections").EnumerateArray().ToDictionary(
                collection => collection.GetProperty(Name).GetString()!,
                collection => collection.TryGetProperty(MaxTtl, out var ttl) ? ttl.GetUInt32() : (uint?)null));
        foreach (var scope in collections.Current.Scopes.Where(scope => !wanted.ContainsKey(scope.Name)))
            collections.DropScope(scope.Name);
        foreach (var (scope, inScope) in wanted)
        {
            if (collections.Current.FindScope(scope) is null)
                collections.CreateScope(scope);
            foreach (var dropped in collections.Current.FindScope(scope)!.Collections.Where(collection => !inScope.ContainsKey(collection.Name)))
                collections.DropCollection(scope, dropped.Name);
            foreach (var (collection, ttl) in inScope.Where(pair => collections.Current.Find(scope, pair.Key) is null))
                collections.CreateCollection(scope, collection, ttl);
        }
        return collections.Current.Uid;
    }

    /// <summary>Every vbucket follows a change before its call returns, so that only a uid of the future must be waited for; and nobody has one.</summary>
    private Task EnsureAsync(HttpContext context) =>
        ulong.TryParse(Value(context, Uid), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var uid)
            ? JsonAnswer.WriteAsync(context, "{}"u8.ToArray(), uid <= collections.Current.Uid.Value ? StatusCodes.Status200OK : StatusCodes.Status504GatewayTimeout)
            : JsonAnswer.ErrorAsync(context, StatusCodes.Status400BadRequest, "Invalid manifest uid", Uid);

    /// <summary>Answers the uid, or what is wrong.</summary>
    private static RequestDelegate Guarded(Func<HttpContext, Task<ManifestUid>> change) => async context =>
    {
        try
        {
            var uid = await change(context);
            await JsonAnswer.WriteAsync(context, new JsonObject { [Uid] = uid.ToString() });
        }
        catch (CollectionsException refused)
        {
            var status = refused.Error is CollectionsError.ScopeNotFound or CollectionsError.CollectionNotFound
                ? StatusCodes.Status404NotFound
                : StatusCodes.Status400BadRequest;
            await JsonAnswer.ErrorAsync(context, status, refused.Message, refused.Field ?? "_");
        }
        catch (FieldException wrong)
        {
            await JsonAnswer.ErrorAsync(context, StatusCodes.Status400BadRequest, wrong.Message, wrong.Field);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            await JsonAnswer.ErrorAsync(context, StatusCodes.Status400BadRequest, "The body is not what this call takes");
        }
    };

    private static async Task<IFormCollection> FormAsync(HttpContext context, params string[] known)
    {
        var form = context.Request.HasFormContentType
            ? await context.Request.ReadFormAsync(context.RequestAborted)
            : FormCollection.Empty;
        return form.Keys.FirstOrDefault(key => !known.Contains(key)) is { } unknown
            ? throw new FieldException(unknown, "Unsupported key")
            : form;
    }

    private static string Required(IFormCollection form, string field) =>
        form.TryGetValue(field, out var value) ? value.ToString() : throw new FieldException(field, "The value must be supplied");

    private static uint? TtlOf(IFormCollection form) =>
        form.TryGetValue(MaxTtl, out var text)
            ? uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ttl) ? ttl : throw new FieldException(MaxTtl, "The value must be an integer")
            : null;

    private static bool? HistoryOf(IFormCollection form) => form.TryGetValue(History, out StringValues text)
        ? bool.TryParse(text, out var history) ? history : throw new FieldException(History, "Value must be one of the following: true, false")
        : null;

    private sealed class FieldException(string name, string message) : Exception(message)
    {
        public string Field => name;
    }
}
