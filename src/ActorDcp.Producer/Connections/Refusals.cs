using System.Text.Encodings.Web;
using System.Text.Json;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>Answers that are not success, in the form the connection can read (dcp-reference.md 1.11).</summary>
internal static class Refusals
{
    // quotes and signs travel as they are, as Couchbase's do
    private static readonly JsonSerializerOptions Plainly = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const string UnknownCollectionContext = "Unknown scope or collection in operation";

    /// <summary>Refuses with an optional explanation. Without HELO Xerror newer codes are mapped, or the connection is closed.</summary>
    public static void Refuse(this ClientConnection connection, in FrameHeader request, Status status, string? context = null)
    {
        if (!connection.Features.Xerror && !TryMap(connection, ref status))
        {
            connection.CloseWhenSent($"status {status} cannot be sent without HELO Xerror");
            return;
        }
        if (context is null && status is not (Status.UnknownCollection or Status.UnknownScope))
        {
            connection.Respond(request, status);
            return;
        }
        var body = status is Status.UnknownCollection or Status.UnknownScope
            ? JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
            {
                ["error"] = new Dictionary<string, string> { ["context"] = UnknownCollectionContext },
                ["manifest_uid"] = connection.Services.Bucket.Collections.Current.Uid.ToString(),
            }, Plainly)
            : JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
            {
                ["error"] = new Dictionary<string, string> { ["context"] = context! },
            }, Plainly);
        connection.Respond(request, status, value: body, datatype: connection.AnswersJson ? Datatype.Json : Datatype.Raw);
    }

    /// <summary>Refuses with the cluster map, unless the connection has this one and asked not to get it twice (dcp-reference.md 2.6).</summary>
    public static void RefuseNotMyVBucket(this ClientConnection connection, in FrameHeader request)
    {
        var map = connection.Services.ClusterMap;
        var version = map.Version;
        if (connection.Features.Has(HelloFeature.DedupeNotMyVbucketClustermap) && connection.MapGiven == version)
        {
            connection.Respond(request, Status.NotMyVBucket);
            return;
        }
        connection.MapGiven = version;
        connection.Respond(request, Status.NotMyVBucket, value: map.ForBucket(),
            datatype: connection.AnswersJson ? Datatype.Json : Datatype.Raw);
    }

    private static bool TryMap(ClientConnection connection, ref Status status)
    {
        switch (status)
        {
            case Status.UnknownCollection or Status.UnknownScope when !connection.Features.Collections:
                status = Status.InvalidArguments;
                return true;
            case Status.Locked:
                status = Status.KeyExists;
                return true;
            case Status.NoAccess or Status.NoBucket or Status.AuthStale or Status.DcpStreamIdInvalid or Status.UnknownCollection
                or Status.UnknownScope or Status.DurabilityInvalidLevel or Status.DurabilityImpossible or Status.NotInitialized:
                return false;
            default:
                return true;
        }
    }
}
