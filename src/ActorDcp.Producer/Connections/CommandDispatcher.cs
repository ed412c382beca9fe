using System.Buffers;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Dcp;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>Gives each frame to those who answer it. Every request gets an answer: what is not known says so.</summary>
internal static class CommandDispatcher
{
    public const string VersionText = "7.6.11-actordcp";
    private static readonly byte[] Version = System.Text.Encoding.ASCII.GetBytes(VersionText);

    public static void Handle(ClientConnection connection, in Frame frame)
    {
        var header = frame.Header;
        if (header.IsResponse)
        {
            connection.Dcp?.HandleReply(header);
            return;
        }
        if (header.Magic == Magic.ServerRequest)
            throw new ProtocolException("a client sent a frame that only a server may start");
        if (header.Magic == Magic.FlexibleRequest && !connection.Features.Has(HelloFeature.AltRequest)
            && header.Opcode != Opcode.DcpCloseStream)
        {
            connection.Refuse(header, Status.InvalidArguments, "framing extras need HELO AltRequest");
            return;
        }
        if (FramingCheck.Check(frame.FramingExtras, header.Opcode) is not Status.Success and var wrong)
        {
            connection.Refuse(header, wrong);
            return;
        }
        if (TryInflate(connection, frame) || HandleWithoutUser(connection, frame))
            return;
        if (connection.User is null)
            connection.Refuse(header, Status.NoAccess);
        else if (!HandleWithoutBucket(connection, frame))
            HandleWhereActive(connection, frame);
    }

    /// <summary>With HELO SnappyEverywhere values that are no documents may be compressed too (dcp-reference.md 2.2): such a request begins anew, inflated.</summary>
    private static bool TryInflate(ClientConnection connection, in Frame frame)
    {
        var header = frame.Header;
        if ((header.Datatype & Datatype.Snappy) == 0 || connection.User is null || DocumentCommands.TakesCompressedDocument(header.Opcode)
            || !connection.Features.Has(HelloFeature.SnappyEverywhere))
            return false;
        if (ValueCompression.TryInflate(frame.Value) is not { } inflated)
        {
            connection.Refuse(header, Status.InvalidArguments, "Failed to inflate payload");
            return true;
        }
        var whole = new ArrayBufferWriter<byte>(header.BodyLength + inflated.Length + FrameHeader.Size);
        FrameWriter.Write(whole, header.Magic, header.Opcode, header.VBucketOrStatus, header.Opaque, frame.FramingExtras, frame.Extras, frame.Key,
            inflated, header.Datatype & ~Datatype.Snappy, header.Cas);
        Handle(connection, Frame.Read(whole.WrittenSpan));
        return true;
    }

    private static bool HandleWithoutUser(ClientConnection connection, in Frame frame)
    {
        switch (frame.Header.Opcode)
        {
            case Opcode.Helo:
                BootstrapCommands.Helo(connection, frame);
                return true;
            case Opcode.SaslListMechs:
                BootstrapCommands.ListMechanisms(connection, frame.Header);
                return true;
            case Opcode.SaslAuth:
                BootstrapCommands.Authenticate(connection, frame);
                return true;
            case Opcode.SaslStep:
                BootstrapCommands.Step(connection, frame);
                return true;
            case Opcode.GetErrorMap:
                BootstrapCommands.GetErrorMap(connection, frame);
                return true;
            case Opcode.Quit:
                connection.Respond(frame.Header);
                connection.CloseWhenSent("QUIT");
                return true;
            case Opcode.QuitQ:
                connection.CloseWhenSent("QUIT");
                return true;
            default:
                return false;
        }
    }

    private static bool HandleWithoutBucket(ClientConnection connection, in Frame frame)
    {
        switch (frame.Header.Opcode)
        {
            case Opcode.Noop:
            case Opcode.Verbosity:
                connection.Respond(frame.Header);
                return true;
            case Opcode.Version:
                connection.Respond(frame.Header, value: Version);
                return true;
            case Opcode.SelectBucket:
                BootstrapCommands.SelectBucket(connection, frame);
                return true;
            case Opcode.GetClusterConfig:
                BootstrapCommands.GetClusterConfig(connection, frame);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A vbucket may stop to take changes, or a collection be dropped, between the look at it and the change (dcp-reference.md 4.6).</summary>
    private static void HandleWhereActive(ClientConnection connection, in Frame frame)
    {
        try
        {
            HandleInBucket(connection, frame);
        }
        catch (VBucketNotActiveException exception)
        {
            if (exception.IsMoving && exception.VBucket.State == VBucketState.Active)
                connection.Refuse(frame.Header, Status.TemporaryFailure);
            else
                connection.RefuseNotMyVBucket(frame.Header);
        }
        catch (UnknownCollectionException)
        {
            connection.Refuse(frame.Header, Status.UnknownCollection);
        }
    }

    private static void HandleInBucket(ClientConnection connection, in Frame frame)
    {
        var header = frame.Header;
        if (connection.Bucket is not { } bucket)
        {
            connection.Refuse(header, IsKnown(header.Opcode) ? Status.NoBucket : Status.UnknownCommand);
            return;
        }
        if (!CommandPrivileges.TryAdmit(connection, bucket, frame))
            return;
        if (header.Opcode != Opcode.DcpBufferAck && !connection.IsOfNode && connection.Services.Faults.TryTakeAnswer(header.Opcode, out var planned))
        {
            connection.Refuse(header, planned);
            return;
        }
        if (header.Opcode is >= Opcode.DcpOpen and <= Opcode.DcpCacheTransferEnd && connection.Features.Has(HelloFeature.UnorderedExecution))
            connection.Refuse(header, Status.NotSupported);
        else if (header.Opcode is >= Opcode.DcpOpen and <= Opcode.DcpCacheTransferEnd)
            DcpCommands.Handle(connection, bucket, frame);
        else if (!DocumentCommands.TryHandle(connection, bucket, frame) && !ObserveCommands.TryHandle(connection, bucket, frame))
            connection.Refuse(header, IsKnown(header.Opcode) ? Status.NotSupported : Status.UnknownCommand);
    }

    private static bool IsKnown(Opcode opcode) => Enum.IsDefined(opcode);
}
