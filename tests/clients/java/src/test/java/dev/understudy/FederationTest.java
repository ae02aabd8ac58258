package dev.understudy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.AnonymousAWSCredentials;
import com.amazonaws.auth.BasicSessionCredentials;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.securitytoken.AWSSecurityTokenService;
import com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClientBuilder;
import com.amazonaws.services.securitytoken.model.AWSSecurityTokenServiceException;
import com.amazonaws.services.securitytoken.model.AssumeRoleWithWebIdentityRequest;
import com.amazonaws.services.securitytoken.model.GetCallerIdentityRequest;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.WebIdentityTokenFileCredentialsProvider;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleWithSamlCredentialsProvider;
import software.amazon.awssdk.services.sts.model.StsException;

/** Profiles, web identities and SAML with the SDKs' own providers, against the seed `federation.yaml`. */
class FederationTest {
  private static final String ROLES = "arn:aws:iam::111122223333:role/";
  private static final String SESSIONS = "arn:aws:sts::111122223333:assumed-role/";
  private static final String ENDPOINT_PROPERTY = "aws.endpointUrlSts";
  private static final String REGION_PROPERTY = "aws.region";

  @BeforeEach
  void pointProfilesAtTheServer() {
    System.setProperty(ENDPOINT_PROPERTY, Server.AWS);
    System.setProperty(REGION_PROPERTY, "eu-central-1");
  }

  @AfterEach
  void forget() {
    System.clearProperty(ENDPOINT_PROPERTY);
    System.clearProperty(REGION_PROPERTY);
  }

  private static String arnOf(AwsCredentialsProvider credentials) {
    try (StsClient sts = StsClient.builder().endpointOverride(URI.create(Server.AWS)).region(Region.EU_CENTRAL_1).credentialsProvider(credentials).build()) {
      return sts.getCallerIdentity().arn();
    }
  }

  private static Path tokenFile(String ref) throws Exception {
    return Files.writeString(Files.createTempFile("understudy", ".jwt"), githubToken(ref));
  }

  private static String githubToken(String ref) throws Exception {
    return Server.understudy("token", "mint", "github", "--repo", "octo-org/app", "--ref", ref).strip();
  }

  private static ProfileCredentialsProvider profile(String name, String... lines) {
    ProfileFile file = ProfileFile.builder().type(ProfileFile.Type.CONFIGURATION)
        .content(new ByteArrayInputStream(String.join("\n", lines).getBytes(StandardCharsets.UTF_8))).build();
    return ProfileCredentialsProvider.builder().profileFile(file).profileName(name).build();
  }

  private static final String[] CHAIN = {
    "[profile bob]", "aws_access_key_id = " + Server.BOB_KEY, "aws_secret_access_key = " + Server.BOB_SECRET,
    "[profile gate]", "role_arn = " + ROLES + "Gate", "source_profile = bob", "external_id = invoice-4711", "role_session_name = java", "duration_seconds = 1800",
    "[profile vault]", "role_arn = " + ROLES + "Vault", "source_profile = gate", "role_session_name = onward",
    "[profile stranger]", "role_arn = " + ROLES + "Gate", "source_profile = bob", "external_id = invoice-0815",
  };

  @Test
  void profilesChainRoles() {
    assertEquals(SESSIONS + "Gate/java", arnOf(profile("gate", CHAIN)));
    assertEquals(SESSIONS + "Vault/onward", arnOf(profile("vault", CHAIN)));
    StsException refused = assertThrows(StsException.class, () -> arnOf(profile("stranger", CHAIN)));
    assertEquals("AccessDenied", refused.awsErrorDetails().errorCode());
  }

  @Test
  void aTokenFileBecomesARole() throws Exception {
    WebIdentityTokenFileCredentialsProvider provider = WebIdentityTokenFileCredentialsProvider.builder()
        .roleArn(ROLES + "Deploy").roleSessionName("java").webIdentityTokenFile(tokenFile("refs/heads/main")).build();
    assertEquals(SESSIONS + "Deploy/java", arnOf(provider));
    Path file = tokenFile("refs/heads/main");
    assertEquals(SESSIONS + "Deploy/job", arnOf(profile("ci", "[profile ci]", "role_arn = " + ROLES + "Deploy", "web_identity_token_file = " + file, "role_session_name = job")));
  }

  @Test
  void aTokenOfAnotherBranchDoesNot() throws Exception {
    WebIdentityTokenFileCredentialsProvider provider = WebIdentityTokenFileCredentialsProvider.builder()
        .roleArn(ROLES + "Deploy").roleSessionName("java").webIdentityTokenFile(tokenFile("refs/heads/feature")).build();
    StsException refused = assertThrows(StsException.class, () -> arnOf(provider));
    assertEquals(403, refused.statusCode());
    String why = Server.understudy("why", refused.requestId());
    assertTrue(why.contains("refs/heads/feature"), why);
  }

  @Test
  void anAssertionBecomesARole() throws Exception {
    String assertion = Server.understudy("saml", "mint", "--role", ROLES + "Analyst", "--session-name", "ana@corp.example").strip();
    try (StsClient sts = StsClient.builder().endpointOverride(URI.create(Server.AWS)).region(Region.EU_CENTRAL_1).credentialsProvider(AnonymousCredentialsProvider.create()).build();
        StsAssumeRoleWithSamlCredentialsProvider provider = StsAssumeRoleWithSamlCredentialsProvider.builder().stsClient(sts)
            .refreshRequest(request -> request.roleArn(ROLES + "Analyst").principalArn("arn:aws:iam::111122223333:saml-provider/corp").samlAssertion(assertion)).build()) {
      assertEquals(SESSIONS + "Analyst/ana@corp.example", arnOf(provider));
    }
  }

  @Test
  void versionOneExchangesTokensToo() throws Exception {
    EndpointConfiguration endpoint = new EndpointConfiguration(Server.AWS, "eu-central-1");
    AWSSecurityTokenService anonymous = AWSSecurityTokenServiceClientBuilder.standard().withEndpointConfiguration(endpoint)
        .withCredentials(new AWSStaticCredentialsProvider(new AnonymousAWSCredentials())).build();
    AssumeRoleWithWebIdentityRequest request = new AssumeRoleWithWebIdentityRequest().withRoleArn(ROLES + "Deploy").withRoleSessionName("java1");
    var session = anonymous.assumeRoleWithWebIdentity(request.clone().withWebIdentityToken(githubToken("refs/heads/main")));
    assertEquals("repo:octo-org/app:ref:refs/heads/main", session.getSubjectFromWebIdentityToken());
    var keys = session.getCredentials();
    AWSSecurityTokenService own = AWSSecurityTokenServiceClientBuilder.standard().withEndpointConfiguration(endpoint)
        .withCredentials(new AWSStaticCredentialsProvider(new BasicSessionCredentials(keys.getAccessKeyId(), keys.getSecretAccessKey(), keys.getSessionToken()))).build();
    assertEquals(SESSIONS + "Deploy/java1", own.getCallerIdentity(new GetCallerIdentityRequest()).getArn());
    AWSSecurityTokenServiceException refused = assertThrows(AWSSecurityTokenServiceException.class,
        () -> anonymous.assumeRoleWithWebIdentity(request.clone().withWebIdentityToken("not.a.token")));
    assertEquals("InvalidIdentityToken", refused.getErrorCode());
    assertEquals(400, refused.getStatusCode());
  }
}
